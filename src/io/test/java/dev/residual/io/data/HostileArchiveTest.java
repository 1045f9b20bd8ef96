package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.residual.io.images.Images;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Archives whose directory lies, and others that are made to do harm. */
@Timeout(60)
class HostileArchiveTest {
  private static final int DIRECTORY = 'P' | 'K' << 8 | 1 << 16 | 2 << 24;
  private static final int END = 'P' | 'K' << 8 | 5 << 16 | 6 << 24;

  @TempDir Path folder;

  /**
   * An offset within a record, and how many bytes there get another value. Images are read whose
   * sizes are stated wrongly, for these are not relied on.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "encrypted            | directory | 8  | 2 | 1          | encrypted",
        "unknown compression  | directory | 10 | 2 | 99         | compression method",
        "content of 4 GiB     | directory | 20 | 4 | 4294967294 | read",
        "image of 4 GiB       | directory | 24 | 4 | 4294967294 | read",
        "image of no bytes    | directory | 24 | 4 | 0          | read",
        "name beyond the file | directory | 28 | 2 | 65535      | CEN",
        "extra beyond the end | directory | 30 | 2 | 65535      | CEN",
        "entry beyond the end | directory | 42 | 4 | 4294967294 | cut short",
        "entry in the middle  | directory | 42 | 4 | 7          | LOC",
        "too many entries     | end       | 10 | 2 | 65535      | zip",
        "no entries           | end       | 10 | 2 | 0          | read",
        "directory of 4 GiB   | end       | 12 | 4 | 4294967294 | zip",
        "directory elsewhere  | end       | 16 | 4 | 1          | zip",
      })
  void isReadOrRefusedByName(
      String what, String record, int offset, int bytes, long value, String reason)
      throws IOException {
    Path file = Images.zip(folder.resolve("set.zip"), "cat/1.png");
    ByteBuffer zip = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (zip.getInt(at) != (record.equals("end") ? END : DIRECTORY)) {
      at++;
    }
    for (int i = 0; i < bytes; i++) {
      zip.put(at + offset + i, (byte) (value >> (Byte.SIZE * i)));
    }
    Files.write(file, zip.array());

    IOException refusal =
        catchThrowableOfType(
            IOException.class,
            () -> {
              try (DataSet set = DataSets.open(file.toString(), Part.TEST, 32)) {
                set.image(0);
              }
            });

    if (reason.equals("read")) {
      assertThat(refusal).as(what).isNull();
    } else {
      assertThat(refusal)
          .as(what)
          .hasMessageStartingWith(file.toString())
          .hasMessageContaining(reason);
    }
  }

  /** A bomb of zip files in each other, of which the outermost entries alone are looked at. */
  @Test
  void archivesOfArchivesAreNotUnpacked() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] inner = new byte[1 << 20];
    for (int depth = 0; depth < 5; depth++) {
      bytes.reset();
      try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
        for (int i = 0; i < 16; i++) {
          zip.putNextEntry(new ZipEntry("cat/" + i + (depth == 4 ? ".png" : ".zip")));
          zip.write(inner);
        }
      }
      inner = bytes.toByteArray();
    }
    Path file = Files.write(folder.resolve("nested.zip"), inner);

    try (DataSet set = DataSets.open(file.toString(), Part.TEST, 32)) {
      assertThat(set.size()).isEqualTo(16);
      assertThat(catchThrowableOfType(IOException.class, () -> set.image(0)))
          .hasMessageContaining("nested.zip!/cat/0.png: the file is not a JPEG");
    }
  }
}
