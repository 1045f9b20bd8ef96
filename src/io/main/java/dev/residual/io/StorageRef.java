package dev.residual.io;

import java.io.IOException;
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
  static StorageRef of(@Nullable Object[] identifier) throws IOException {
    if (identifier.length < 5
        || !(identifier[1] instanceof PickleGlobal global)
        || !(identifier[2] instanceof String key)) {
      throw new IOException("the pickle in it has a persistent identifier of no storage");
    }
    StorageType type = StorageType.named(global);
    if (type == null) {
      throw new IOException("has a storage of the unknown type " + FileErrors.quote(global));
    }
    if (identifier.length > 5 && identifier[5] != null) {
      throw new IOException("has views of storages, as PyTorch before 0.4 wrote them");
    }
    if (!(identifier[4] instanceof Long elements)
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
