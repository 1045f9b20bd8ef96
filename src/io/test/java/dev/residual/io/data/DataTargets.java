package dev.residual.io.data;

import dev.residual.io.attack.AttackTarget;
import dev.residual.io.files.TextFile;
import dev.residual.io.images.ForgedImages;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.ImageFileTest;
import dev.residual.io.images.Images;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.PillowImages;
import dev.residual.io.images.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** The readers of images, of data sets and of lists of classes, with small files. */
public final class DataTargets {
  /** More than the largest image that is accepted. */
  private static final long MOST_MEMORY = 4L << 30;

  private DataTargets() {}

  public static List<AttackTarget> all() throws IOException {
    return List.of(
        AttackTarget.of(
                "images", "image", file -> ImageFile.read(file, Orientation.UPRIGHT), images())
            .withMemory(MOST_MEMORY),
        AttackTarget.of("png", "image.png", ImageFile::read, pngs())
            .wrapped(DataTargets::forged)
            .withMemory(MOST_MEMORY),
        AttackTarget.of("archives", "set.zip", DataTargets::readImages, archives())
            .withMemory(MOST_MEMORY),
        AttackTarget.of("lists", "classes.txt", DataTargets::readList, lists()),
        AttackTarget.of(
            "batches",
            "test_batch.bin",
            file -> readImages(file.resolveSibling("")),
            List.of(new byte[3 * 3073])));
  }

  private static List<byte[]> images() throws IOException {
    List<byte[]> images = new ArrayList<>();
    Pixels pattern = Images.pattern(21, 30);
    for (String format : List.of("jpeg", "png", "bmp", "gif")) {
      images.add(Images.encode(pattern, format));
      for (int type :
          List.of(
              BufferedImage.TYPE_BYTE_GRAY,
              BufferedImage.TYPE_BYTE_BINARY,
              BufferedImage.TYPE_BYTE_INDEXED,
              BufferedImage.TYPE_USHORT_565_RGB)) {
        try {
          images.add(Images.encode(new BufferedImage(30, 21, type), format));
        } catch (IOException e) {
          // This format has no such pixels.
        }
      }
    }
    images.add(Images.progressive(pattern));
    images.add(Base64.getDecoder().decode(ImageFileTest.CMYK));
    for (PillowImages image : PillowImages.of("")) {
      images.add(image.file());
    }
    images.add(ForgedImages.bmp(4, 2, 8, 1, "0401 0000 0003 010203 00 0001"));
    images.add(ForgedImages.bmp(4, 2, 4, 2, "0412 0002 0100 0223 0001"));
    return images;
  }

  /** Type, depth and interlacing of an image, and its bytes before compression. */
  private static List<byte[]> pngs() {
    List<byte[]> pngs = new ArrayList<>();
    for (int type : new int[] {0, 2, 3, 4, 6}) {
      for (int bits : new int[] {1, 2, 4, 8, 16}) {
        byte[] png = new byte[400];
        png[0] = (byte) type;
        png[1] = (byte) bits;
        png[2] = (byte) (bits % 3);
        png[3] = 7;
        png[4] = 5;
        pngs.add(png);
      }
    }
    return pngs;
  }

  private static byte[] forged(byte[] bytes) {
    byte[] head = Arrays.copyOf(bytes, 5);
    byte[] rows = Arrays.copyOfRange(bytes, Math.min(5, bytes.length), bytes.length);
    return ForgedImages.png(head[3] & 0xFF, head[4] & 0xFF, head[1], head[0], head[2], head, rows);
  }

  private static List<byte[]> archives() throws IOException {
    Path file = Files.createTempFile("valid", ".zip");
    List<byte[]> archives = new ArrayList<>();
    for (String[] paths :
        new String[][] {
          {"cat/1.png", "dog/2.png", "dog/"},
          {"top/train/a/1.png", "top/Valid/a/2.png", "top/x.txt"},
          {"set\\a\\1.png", "./b/2.png", "b//3.png", "__MACOSX/c/4.png"}
        }) {
      archives.add(Files.readAllBytes(Images.zip(file, paths)));
    }
    Files.delete(file);
    return archives;
  }

  private static void readImages(Path place) throws IOException {
    try (DataSet set = DataSets.open(place.toString(), Part.TEST, 32)) {
      for (int i = 0; i < set.size(); i++) {
        set.image(i);
      }
    }
  }

  private static List<byte[]> lists() {
    return Stream.of(
            "\uFEFFcat 3\r\ndog 5\r\n", "n01 0\nn02 1\n\nn03 2\n", "a b 2012\nc d 2013\n", " \t 1 ")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private static void readList(Path file) throws IOException {
    List<String> lines = TextFile.lines(file);
    ClassIndex.numbering(lines.stream().filter(line -> !line.isEmpty()).toList(), lines.size());
    ClassIndex.read(file);
  }
}
