package dev.residual.io.training;

import dev.residual.io.data.DataSet;
import dev.residual.io.files.FileErrors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/** CRC-32C in hexadecimal digits, which tells whether a training has the inputs it had before. */
final class Checksum {
  private Checksum() {}

  /**
   * Of the content of a file.
   *
   * @throws IOException naming the file, if it cannot be read
   */
  static String of(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new CheckedOutputStream(OutputStream.nullOutputStream(), crc)) {
      in.transferTo(out);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
    return Long.toHexString(crc.getValue());
  }

  /** Of the names of all images, in their order: their content would take as long as an epoch. */
  static String ofNames(DataSet images) {
    CRC32C crc = new CRC32C();
    for (int i = 0; i < images.size(); i++) {
      crc.update((images.name(i) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return Long.toHexString(crc.getValue());
  }
}
