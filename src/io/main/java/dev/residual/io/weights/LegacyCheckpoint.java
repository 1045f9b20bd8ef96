package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints as PyTorch wrote them before 1.6: five pickles (a magic number, the protocol version,
 * facts about the system, the object, the keys of the storages), then every storage as its number
 * of elements and the elements.
 */
final class LegacyCheckpoint {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final Long PROTOCOL = 1001L;

  private static final int MOST_FACTS = 1000;

  private LegacyCheckpoint() {}

  static WeightFile read(Path file, long fileBytes) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      PyTorchPickle pickle = new PyTorchPickle(fileBytes);
      if (!MAGIC.equals(pickle.read(in))) {
        throw new IOException("is a pickle, but not a checkpoint of PyTorch; " + StateDict.ADVICE);
      }
      if (!PROTOCOL.equals(pickle.read(in))) {
        throw new IOException("is a checkpoint of an unknown protocol version");
      }
      checkByteOrder(pickle.read(in));
      Object root = pickle.read(in);
      StateDict state = StateDict.of(root, pickle.instructions(), fileBytes);
      Map<String, StorageRef> known = Map.copyOf(pickle.storages());
      Set<String> missing = new HashSet<>();
      state.storages().forEach(storage -> missing.add(storage.key()));
      if (!(pickle.read(in) instanceof List<?> keys)) {
        throw new IOException("has no list of storages");
      }
      for (Object key : keys) {
        StorageRef storage = key instanceof String string ? known.get(string) : null;
        if (storage == null) {
          throw new IOException("has a storage that no tensor refers to");
        }
        checkElements(storage, in);
        if (missing.remove(storage.key())) {
          state.read(storage, in);
        } else {
          in.skipNBytes(storage.bytes());
        }
      }
      if (!missing.isEmpty()) {
        throw new IOException("has no storage " + FileErrors.quote(missing.iterator().next()));
      }
      return state.file();
    }
  }

  private static void checkByteOrder(@Nullable Object system) throws IOException {
    Object littleEndian = Items.named(system, new Steps(MOST_FACTS)).get("little_endian");
    if (Boolean.FALSE.equals(littleEndian)) {
      throw new IOException("has the byte order big-endian, supported is little-endian");
    }
  }

  private static void checkElements(StorageRef storage, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(Long.BYTES);
    if (bytes.length < Long.BYTES) {
      throw new EOFException();
    }
    long elements = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (elements != storage.elements()) {
      throw new IOException(
          "storage %s has %d elements, but its tensors expect %d"
              .formatted(FileErrors.quote(storage.key()), elements, storage.elements()));
    }
  }
}
