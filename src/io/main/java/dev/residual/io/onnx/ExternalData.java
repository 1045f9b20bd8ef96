package dev.residual.io.onnx;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.HeapMemory;
import dev.residual.io.onnx.format.StringStringEntryProto;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The elements of tensors that lie in files beside the model.
 *
 * @param folder of the model, which no path may leave
 */
record ExternalData(Path folder) {

  /** That of a file. */
  static ExternalData beside(Path file) {
    return new ExternalData(Objects.requireNonNull(file.toAbsolutePath().getParent()));
  }

  /**
   * Reads the elements of a tensor.
   *
   * @param entries location, offset and length
   * @param elements how many there are
   * @param bytes of an element
   * @throws IOException if the file is missing, too short, or outside the folder
   */
  MemorySegment read(List<StringStringEntryProto> entries, long elements, int bytes)
      throws IOException {
    Map<String, String> places = new HashMap<>();
    entries.forEach(entry -> places.put(entry.getKey(), entry.getValue()));
    Path file = file(places.getOrDefault("location", ""));
    long offset = number(places, "offset", 0);
    long expected = elements * bytes;
    long length = number(places, "length", expected);
    if (length != expected) {
      throw new IOException("external data of %d bytes, expected %d".formatted(length, expected));
    }
    try (FileChannel channel = FileChannel.open(file)) {
      if (offset > channel.size() - length) {
        throw new EOFException();
      }
      MemorySegment data = HeapMemory.allocate(elements, bytes);
      InputStream in = Channels.newInputStream(channel.position(offset));
      HeapMemory.fill(data, in);
      return data;
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  private Path file(String location) throws IOException {
    try {
      Path root = folder.toRealPath();
      Path given = Path.of(location);
      Path file = root.resolve(given).normalize();
      boolean isInside = !location.isEmpty() && !given.isAbsolute() && file.startsWith(root);
      // Links may lead elsewhere; what does not exist is told where it is opened.
      if (isInside && (!file.toFile().exists() || file.toRealPath().startsWith(root))) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw new IOException("external data in " + FileErrors.quote(location), e);
    }
    throw new IOException(
        "external data in %s, which is not below the model's folder"
            .formatted(FileErrors.quote(location)));
  }

  private static long number(Map<String, String> places, String key, long otherwise)
      throws IOException {
    String text = places.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IOException("external data with the %s %s".formatted(key, FileErrors.quote(text)));
  }
}
