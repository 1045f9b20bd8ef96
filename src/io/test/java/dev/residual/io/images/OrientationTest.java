package dev.residual.io.images;

import static dev.residual.io.images.PillowImages.checksum;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of EXIF, and where it is done. */
class OrientationTest {
  private static final PillowImages TURNED = PillowImages.of("jpeg-exif-6").getFirst();

  @TempDir Path folder;

  @Test
  void filesAreTurnedIfAsked() throws IOException {
    Path file = Files.write(folder.resolve("a.jpg"), TURNED.file());

    assertThat(checksum(ImageFile.read(file))).isEqualTo(TURNED.stored());
    assertThat(checksum(ImageFile.read(file, Orientation.UPRIGHT))).isEqualTo(TURNED.upright());
    assertThat(TURNED.upright()).isNotEqualTo(TURNED.stored());
  }

  @Test
  void imagesOfFoldersAreTurnedIfAsked() throws IOException {
    Files.createDirectory(folder.resolve("cat"));
    Files.write(folder.resolve("cat/a.jpg"), TURNED.file());

    assertTurnedIfAsked(folder);
  }

  @Test
  void imagesOfArchivesAreTurnedIfAsked() throws IOException {
    Path file = folder.resolve("a.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("cat/a.jpg"));
      zip.write(TURNED.file());
    }

    assertTurnedIfAsked(file);
  }

  private static void assertTurnedIfAsked(Path data) throws IOException {
    for (Orientation orientation : Orientation.values()) {
      try (DataSet set = DataSets.open(data.toString(), Part.TEST, 32, orientation, note -> {})) {
        assertThat(checksum(set.image(0)))
            .isEqualTo(orientation == Orientation.STORED ? TURNED.stored() : TURNED.upright());
      }
    }
  }

  @Test
  void exifMayFollowThePixelsOfPngImages() throws IOException {
    PillowImages image = PillowImages.of("png-exif-6").getFirst();
    byte[] png = image.file();
    int exif = new String(png, ISO_8859_1).indexOf("eXIf") - 4;
    int length = ByteBuffer.wrap(png).getInt(exif) + 12;
    byte[] moved = png.clone();
    int end = png.length - 12;
    System.arraycopy(png, exif + length, moved, exif, end - exif - length);
    System.arraycopy(png, exif, moved, end - length, length);

    assertThat(moved).isNotEqualTo(png);
    assertThat(checksum(ImageFile.decode("x", moved, Orientation.UPRIGHT)))
        .isEqualTo(image.upright());
    byte[] cut = Arrays.copyOf(moved, end - length + 10);
    assertThat(checksum(ImageFile.decode("x", cut, Orientation.UPRIGHT))).isEqualTo(image.stored());
  }

  @ParameterizedTest
  @CsvSource({
    "4949 2A00 08000000 0100 1201 0300 01000000 08000000, 8",
    "4D4D 002A 00000008 0001 0112 0003 00000001 00080000, 8",
    "457869660000 4949 2A00 08000000 0100 1201 0300 01000000 08000000, 8",
    "457869660000 457869660000 4949 2A00 08000000 0100 1201 0300 01000000 03000000, 3",
    // As a long, as a byte, and as two shorts that lie elsewhere.
    "4949 2A00 08000000 0100 1201 0400 01000000 05000000, 5",
    "4949 2A00 08000000 0100 1201 0100 01000000 05000000, 5",
    "4949 2A00 08000000 0100 1201 0300 03000000 16000000 0600 0300 0100, 6",
    // Behind another entry.
    "4949 2A00 08000000 0200 0F01 0200 01000000 41000000 1201 0300 01000000 02000000, 2",
    // Numbers that mean nothing, none at all, and an unknown type.
    "4949 2A00 08000000 0100 1201 0300 01000000 09000000, 1",
    "4949 2A00 08000000 0100 1201 0300 01000000 00000000, 1",
    "4949 2A00 08000000 0100 1201 0300 00000000 08000000, 1",
    "4949 2A00 08000000 0100 1201 0200 01000000 08000000, 1",
    // Cut short, or lying elsewhere.
    "4949 2A00 08000000 0100 1201 0300 01000000, 1",
    "4949 2A00 FFFFFFFF 0100 1201 0300 01000000 08000000, 1",
    "4949 2A00 08000000 0100 1201 0300 03000000 FFFFFFFF, 1",
    "5858 2A00 08000000 0100 1201 0300 01000000 08000000, 1",
    "4949, 1",
    "'', 1"
  })
  void exifIsReadAsFarAsItGoes(String hex, int orientation) {
    assertThat(ExifDirectory.orientation(ForgedImages.hex(hex))).isEqualTo(orientation);
  }
}
