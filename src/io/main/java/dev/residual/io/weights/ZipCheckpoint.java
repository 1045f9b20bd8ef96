package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Checkpoints as PyTorch writes them since 1.6: a zip of a pickle and one entry per storage. */
final class ZipCheckpoint {
  private static final String PICKLE = "/data.pkl";

  private ZipCheckpoint() {}

  static WeightFile read(Path file, long fileBytes) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      String pickle = findPickle(zip);
      String folder = pickle.substring(0, pickle.length() - PICKLE.length());
      checkByteOrder(zip, folder + "/byteorder");
      StateDict state;
      try (InputStream in = new BufferedInputStream(zip.getInputStream(entry(zip, pickle)))) {
        PyTorchPickle objects = new PyTorchPickle(fileBytes);
        Object root = objects.read(in);
        state = StateDict.of(root, objects.instructions(), fileBytes);
      }
      for (StorageRef storage : state.storages()) {
        ZipEntry entry = entry(zip, folder + "/data/" + storage.key());
        if (entry.getSize() != storage.bytes()) {
          throw new IOException(
              "entry %s has %d bytes, but its storage has %d elements of %d"
                  .formatted(
                      FileErrors.quote(entry.getName()),
                      entry.getSize(),
                      storage.elements(),
                      storage.type().bytes()));
        }
        try (InputStream in = zip.getInputStream(entry)) {
          state.read(storage, in);
        }
      }
      return state.file();
    }
  }

  /** The pickle lies in the only folder at the top, whose name is free. */
  private static String findPickle(ZipFile zip) throws IOException {
    return zip.stream()
        .map(ZipEntry::getName)
        .filter(
            name -> name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length())
        .findFirst()
        .orElseThrow(() -> new IOException("is a zip, but has no data.pkl; " + StateDict.ADVICE));
  }

  private static ZipEntry entry(ZipFile zip, String name) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null || entry.isDirectory()) {
      throw new IOException("has no entry " + FileErrors.quote(name));
    }
    return entry;
  }

  private static void checkByteOrder(ZipFile zip, String name) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      return;
    }
    try (InputStream in = zip.getInputStream(entry)) {
      String order = new String(in.readNBytes(16), StandardCharsets.US_ASCII).strip();
      if (!order.equals("little")) {
        throw new IOException(
            "has the byte order %s, supported is little-endian".formatted(FileErrors.quote(order)));
      }
    }
  }
}
