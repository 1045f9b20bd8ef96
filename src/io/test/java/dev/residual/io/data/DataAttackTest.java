package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

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
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Images, archives and lists with damage by chance, as long as {@code residual.attack.seconds}
 * says: they are read, or refused in words, in little time. What is neither is kept below {@code
 * target/attack}.
 */
class DataAttackTest {
  private static final double SECONDS =
      Double.parseDouble(System.getProperty("residual.attack.seconds", "4"));
  private static final long SEED = Long.getLong("residual.attack.seed", 20161205);

  /** Even the largest image that is accepted takes less. */
  private static final long MOST_NANOS = 20_000_000_000L;

  @TempDir static Path folder;

  /** Reads what a file may hold. */
  private interface Reader {
    void read(byte[] bytes) throws IOException;
  }

  static Stream<Arguments> readers() throws IOException {
    return Stream.of(
        argumentSet("images", images(), (Reader) DataAttackTest::decode),
        argumentSet("png", pngs(), (Reader) bytes -> ImageFile.decode("x", forged(bytes))),
        argumentSet("archives", archives(), (Reader) DataAttackTest::readArchive),
        argumentSet("lists", lists(), (Reader) DataAttackTest::readList),
        argumentSet("batches", List.of(batch()), (Reader) DataAttackTest::readBatch));
  }

  @ParameterizedTest
  @MethodSource("readers")
  void isReadOrRefused(List<byte[]> valid, Reader reader) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    long end = System.nanoTime() + (long) (SECONDS / 5 * 1e9);
    int read = 0;
    int refused = 0;
    do {
      byte[] mutated = mutate(valid.get(random.nextInt(valid.size())), random);
      long begin = System.nanoTime();
      try {
        reader.read(mutated);
        read++;
      } catch (IOException | IllegalArgumentException e) {
        refused++;
        assertThat(e.getMessage()).isNotBlank().doesNotContain("\n", "\u001B");
      } catch (Throwable e) {
        throw new AssertionError("kept as " + keep(mutated), e);
      }
      if (System.nanoTime() - begin > MOST_NANOS) {
        throw new AssertionError("takes too long, kept as " + keep(mutated));
      }
    } while (System.nanoTime() < end);
    System.out.printf("attack: %d read, %d refused, seed %d%n", read, refused, SEED);
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  private static void decode(byte[] bytes) throws IOException {
    ImageFile.decode("x", bytes, Orientation.UPRIGHT);
  }

  private static Path keep(byte[] bytes) throws IOException {
    Path kept = Files.createDirectories(Path.of("target", "attack"));
    return Files.write(kept.resolve("data-" + Integer.toHexString(Arrays.hashCode(bytes))), bytes);
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
    List<byte[]> archives = new ArrayList<>();
    for (String[] paths :
        new String[][] {
          {"cat/1.png", "dog/2.png", "dog/"},
          {"top/train/a/1.png", "top/Valid/a/2.png", "top/x.txt"},
          {"set\\a\\1.png", "./b/2.png", "b//3.png", "__MACOSX/c/4.png"}
        }) {
      archives.add(Files.readAllBytes(Images.zip(folder.resolve("valid.zip"), paths)));
    }
    return archives;
  }

  private static void readArchive(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("mutated.zip"), bytes);
    try (DataSet set = DataSets.open(file.toString(), Part.TEST, 32)) {
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

  private static void readList(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("list.txt"), bytes);
    List<String> lines = TextFile.lines(file);
    ClassIndex.numbering(lines.stream().filter(line -> !line.isEmpty()).toList(), lines.size());
    ClassIndex.read(file);
  }

  private static byte[] batch() {
    return new byte[3 * 3073];
  }

  private static void readBatch(byte[] bytes) throws IOException {
    Path batches = Files.createDirectories(folder.resolve("cifar"));
    Files.write(batches.resolve("test_batch.bin"), bytes);
    try (DataSet set = DataSets.open(batches.toString(), Part.TEST, 32)) {
      set.image(set.size() - 1);
    }
  }

  /** One to three changes: cut off, bits, bytes, moved, repeated or extreme. */
  private static byte[] mutate(byte[] valid, SplittableRandom random) {
    byte[] bytes = valid.clone();
    for (int n = random.nextInt(1, 4); n > 0 && bytes.length > 0; n--) {
      int at = random.nextInt(bytes.length);
      int length = Math.min(random.nextInt(1, 40), bytes.length - at);
      switch (random.nextInt(9)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1, 2, 3 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 4, 5 -> bytes[at] = (byte) random.nextInt();
        case 6 ->
            System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
        case 7 -> {
          byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
          System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
          bytes = longer;
        }
        default ->
            Arrays.fill(
                bytes, at, at + length, new byte[] {0, 1, 127, -128, -1}[random.nextInt(5)]);
      }
    }
    return bytes;
  }
}
