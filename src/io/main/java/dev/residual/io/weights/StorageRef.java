package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A storage of a PyTorch checkpoint: a flat run of elements that tensors are views of.
 *
 * @param key its name in the file
 * @param elements the number of elements
 */
record StorageRef(String key, StorageType type, long elements) {
  /**
   * The storage of a persistent identifier: "storage", type, key, device, elements, perhaps a view.
   *
   * @throws IOException if the identifier is something else
   */
  static StorageRef of(List<@Nullable Object> identifier) throws IOException {
    if (identifier.size() < 5
        || !(identifier.get(1) instanceof PickleGlobal global)
        || !(identifier.get(2) instanceof String key)) {
      throw new IOException("the pickle in it has a persistent identifier of no storage");
    }
    StorageType type = StorageType.named(global);
    if (type == null) {
      throw new IOException("has a storage of the unknown type " + FileErrors.quote(global));
    }
    if (identifier.size() > 5 && identifier.get(5) != null) {
      throw new IOException("has views of storages, as PyTorch before 0.4 wrote them");
    }
    if (!(identifier.get(4) instanceof Long elements)
        || elements < 0
        || elements > Long.MAX_VALUE / type.bytes()) {
      throw new IOException(
          "storage %s has no possible number of elements".formatted(FileErrors.quote(key)));
    }
    return new StorageRef(key, type, elements);
  }

  /** The size in bytes. */
  long bytes() {
    return elements * type.bytes();
  }
}
