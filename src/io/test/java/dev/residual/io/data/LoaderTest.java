package dev.residual.io.data;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Images;
import dev.residual.io.images.Mixing;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Preprocessing;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.train.Batch;
import dev.residual.train.Batches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LoaderTest {
  private static final Normalization PLAIN = Normalization.of(new float[3], new float[] {1, 1, 1});

  @TempDir Path folder;

  /** Images of one pixel whose colour is their index. */
  private static class Numbers implements DataSet {
    final AtomicInteger read = new AtomicInteger();
    private final int size;

    Numbers(int size) {
      this.size = size;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public int label(int index) {
      return index % 7;
    }

    @Override
    public String name(int index) {
      return "number " + index;
    }

    @Override
    public List<String> classes() {
      return List.of("0", "1", "2", "3", "4", "5", "6");
    }

    @Override
    public Pixels image(int index) throws IOException {
      read.incrementAndGet();
      return new Pixels(1, 1, new byte[] {(byte) index, (byte) (index >> 8), 0});
    }

    @Override
    public void close() {}
  }

  private static Loader numbers(int size, LoaderOptions options) throws IOException {
    return new Loader(new Numbers(size), Transforms.none(), options.withNormalization(PLAIN));
  }

  /** The rest of an epoch: the floats and labels of each batch. */
  private static List<List<Number>> rest(Batches batches) {
    List<List<Number>> all = new ArrayList<>();
    for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
      List<Number> numbers = new ArrayList<>();
      for (float value : batch.images().toArray(JAVA_FLOAT)) {
        numbers.add(value);
      }
      for (int label : batch.labels().toArray(JAVA_INT)) {
        numbers.add(label);
      }
      if (batch.targets() != null) {
        for (float value : batch.targets().toArray(JAVA_FLOAT)) {
          numbers.add(value);
        }
      }
      numbers.add(batch.count());
      all.add(numbers);
    }
    return all;
  }

  private static List<List<Number>> epoch(Loader loader, int epoch, int firstBatch) {
    try (Batches batches = loader.epoch(epoch, firstBatch)) {
      return rest(batches);
    }
  }

  private static int index(Batch batch, int n) {
    return Math.round(batch.images().getAtIndex(JAVA_FLOAT, 3L * n) * 255)
        + 256 * Math.round(batch.images().getAtIndex(JAVA_FLOAT, 3L * n + 1) * 255);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void evaluationGivesAllImagesInOrderAndFillsTheLastBatchWithZeros(int threads)
      throws IOException {
    Loader loader = numbers(1001, LoaderOptions.evaluation(64).withThreads(threads));
    assertThat(loader.images()).isEqualTo(1001);
    assertThat(loader.batches()).isEqualTo(16);
    assertThat(loader.shape()).isEqualTo(Shape.of(64, 3, 1, 1));
    assertThat(loader.classes()).isEqualTo(7);

    int expected = 0;
    try (Batches batches = loader.epoch(0, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        assertThat(batch.layout()).isEqualTo(Layout.CHANNELS_LAST);
        assertThat(batch.count()).isEqualTo(Math.min(64, 1001 - expected));
        for (int n = 0; n < batch.count(); n++, expected++) {
          assertThat(index(batch, n)).isEqualTo(expected);
          assertThat(batch.labels().getAtIndex(JAVA_INT, n)).isEqualTo(expected % 7);
        }
        for (int n = batch.count(); n < 64; n++) {
          assertThat(index(batch, n)).isZero();
          assertThat(batch.labels().getAtIndex(JAVA_INT, n)).isZero();
        }
      }
      assertThat(batches.next()).isNull();
    }
    assertThat(expected).isEqualTo(1001);
  }

  @Test
  void trainingShufflesAndLeavesOutTheLastImages() throws IOException {
    Loader loader = numbers(1001, LoaderOptions.training(64).withSeed(3));
    assertThat(loader.images()).isEqualTo(960);
    assertThat(loader.batches()).isEqualTo(15);

    Set<Integer> seen = new HashSet<>();
    int inPlace = 0;
    try (Batches batches = loader.epoch(0, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        for (int n = 0; n < 64; n++) {
          inPlace += index(batch, n) == seen.size() ? 1 : 0;
          assertThat(seen.add(index(batch, n))).isTrue();
        }
      }
    }
    assertThat(seen).hasSize(960);
    assertThat(inPlace).isLessThan(20);
  }

  @Test
  void epochsDependOnSeedAndNumberAlone() throws IOException {
    Transform augmented = Transforms.pipeline(Transforms.training(16), Transforms.lightingNoise(1));
    DataSet shapes = new DrawnShapes(50, 16, 1);
    LoaderOptions options = LoaderOptions.training(8).withSeed(5);
    Loader one = new Loader(shapes, augmented, options.withThreads(1).withCacheBytes(0));
    Loader four = new Loader(shapes, augmented, options.withThreads(4));
    Loader other = new Loader(shapes, augmented, options.withSeed(6));

    List<List<Number>> expected = epoch(one, 2, 0);
    assertThat(expected).hasSize(6);
    assertThat(epoch(four, 1, 0)).isNotEqualTo(expected);
    assertThat(epoch(four, 2, 0)).isEqualTo(expected);
    assertThat(epoch(four, 2, 0)).isEqualTo(expected);
    assertThat(epoch(other, 2, 0)).isNotEqualTo(expected);
  }

  /** All kinds of chance, whatever threads do, and from any batch on. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "standard,flip=alternating,trivial,jitter=0.4,erase=0.5:noise,mixup=0.2,cutmix=1,copies=2",
        "none,translate=2,cutout=4,cutmix=1"
      })
  void augmentedEpochsDependOnSeedAndNumberAlone(String text) throws IOException {
    Preprocessing augmented = Augmentation.parse(text).preprocessing(16);
    DataSet shapes = new DrawnShapes(50, 16, 1);
    LoaderOptions options = LoaderOptions.training(8).withSeed(5);
    Loader one = new Loader(shapes, augmented, options.withThreads(1).withCacheBytes(0));
    Loader four = new Loader(shapes, augmented, options.withThreads(4));

    List<List<Number>> expected = epoch(one, 2, 0);
    assertThat(expected).hasSize(6);
    assertThat(epoch(four, 1, 0)).isNotEqualTo(expected);
    for (int first = 0; first < 6; first++) {
      assertThat(epoch(four, 2, first)).isEqualTo(expected.subList(first, 6));
    }
  }

  @Test
  void mixedBatchesHaveTargets() throws IOException {
    Preprocessing mixed = Augmentation.parse("none,mixup=1").preprocessing(1);
    Loader loader =
        new Loader(new Numbers(64), mixed, LoaderOptions.training(8).withNormalization(PLAIN));
    int soft = 0;
    try (Batches batches = loader.epoch(0, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        float[] targets = batch.targets().toArray(JAVA_FLOAT);
        assertThat(targets).hasSize(8 * 7);
        for (int n = 0; n < 8; n++) {
          float[] row = Arrays.copyOfRange(targets, 7 * n, 7 * n + 7);
          int label = batch.labels().getAtIndex(JAVA_INT, n);
          float sum = 0;
          for (float value : row) {
            sum += value;
            assertThat(value).isBetween(0f, row[label]);
          }
          assertThat(sum).isCloseTo(1, within(1e-6f));
          soft += row[label] < 1 ? 1 : 0;
        }
      }
    }
    assertThat(soft).isGreaterThan(40);
    assertThatThrownBy(() -> new Loader(new Numbers(64), mixed, LoaderOptions.evaluation(8)))
        .hasMessage("copies and mixing of images are for training alone");
  }

  @Test
  void anImageIsMirroredInEveryOtherEpoch() throws IOException {
    Preprocessing alternating = Augmentation.parse("none,flip=alternating").preprocessing(8);
    DataSet shapes = new DrawnShapes(40, 8, 1);
    Loader loader = new Loader(shapes, alternating, LoaderOptions.training(1));
    Loader plain = new Loader(shapes, Transforms.none(), LoaderOptions.evaluation(1));
    Transform mirror = (image, random) -> Images.mirrored(image);
    Loader mirrored = new Loader(shapes, mirror, LoaderOptions.evaluation(1));
    Set<List<Number>> all = Set.copyOf(epoch(plain, 0, 0));
    Set<List<Number>> others = Set.copyOf(epoch(mirrored, 0, 0));

    List<Set<List<Number>>> epochs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      epochs.add(new HashSet<>(epoch(loader, i, 0)));
    }
    assertThat(epochs.get(0)).isNotEqualTo(all).isNotEqualTo(others).isEqualTo(epochs.get(2));
    assertThat(epochs.get(1)).isEqualTo(epochs.get(3));
    Set<List<Number>> both = new HashSet<>(all);
    both.addAll(others);
    Set<List<Number>> seen = new HashSet<>(epochs.get(0));
    seen.addAll(epochs.get(1));
    assertThat(seen).isEqualTo(both);
    assertThat(epochs.get(0).stream().filter(all::contains).count()).isBetween(10L, 30L);
  }

  @Test
  void aBatchHasAllCopiesOfItsImages() throws IOException {
    List<Integer> random = java.util.Collections.synchronizedList(new ArrayList<>());
    Transform noting =
        (image, chance) -> {
          random.add(chance.nextInt());
          return image;
        };
    Preprocessing copies = new Preprocessing(noting, false, List.of(), Mixing.NONE, 3);
    LoaderOptions options = LoaderOptions.training(12).withNormalization(PLAIN);
    Loader loader = new Loader(new Numbers(50), copies, options);
    assertThat(loader.batches()).isEqualTo(4);
    random.clear();
    Set<Integer> seen = new HashSet<>();
    try (Batches batches = loader.epoch(0, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        for (int n = 0; n < 12; n++) {
          assertThat(index(batch, n)).isEqualTo(index(batch, n % 4));
          assertThat(seen.add(index(batch, n))).isEqualTo(n < 4);
        }
      }
    }
    assertThat(seen).hasSize(16);
    assertThat(new HashSet<>(random)).as("each copy has chance of its own").hasSize(48);
    assertThatThrownBy(() -> new Loader(new Numbers(50), copies, LoaderOptions.training(8)))
        .hasMessage("a batch of 8 images does not hold 3 copies of each: expected a multiple");
  }

  @Test
  void loadersOfSeveralSizesReadAnImageOnce() throws IOException {
    Numbers set = new Numbers(20);
    Loader full = new Loader(set, Transforms.resize(4, 4), LoaderOptions.training(5));
    Loader small = full.with(Preprocessing.of(Transforms.resize(3, 3)));
    assertThat(full.shape()).isEqualTo(Shape.of(5, 3, 4, 4));
    assertThat(small.shape()).isEqualTo(Shape.of(5, 3, 3, 3));
    Loader alone = new Loader(set, Transforms.resize(3, 3), LoaderOptions.training(5));
    List<List<Number>> expected = epoch(alone, 1, 0);
    set.read.set(0);
    epoch(full, 0, 0);
    assertThat(epoch(small, 1, 0)).isEqualTo(expected);
    // One was read to learn the shape.
    assertThat(set.read).hasValue(19);

    // Room for two images of three bytes, for both together.
    LoaderOptions little = LoaderOptions.training(5).withThreads(1).withCacheBytes(8);
    Loader forgetful = new Loader(set, Transforms.resize(4, 4), little);
    epoch(forgetful, 0, 0);
    Loader other = forgetful.with(Preprocessing.of(Transforms.resize(3, 3)));
    epoch(other, 1, 0);
    set.read.set(0);
    epoch(other, 2, 0);
    assertThat(set.read).hasValue(18);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 5, 6})
  void anEpochCanBeTakenUpInTheMiddle(int firstBatch) throws IOException {
    Loader loader =
        new Loader(new DrawnShapes(50, 16, 1), Transforms.training(16), LoaderOptions.training(8));

    List<List<Number>> whole = epoch(loader, 3, 0);
    assertThat(epoch(loader, 3, firstBatch)).isEqualTo(whole.subList(firstBatch, whole.size()));
  }

  @Test
  void epochsMayOverlap() throws IOException {
    Loader loader = numbers(100, LoaderOptions.evaluation(8).withThreads(2));

    try (Batches first = loader.epoch(0, 0);
        Batches second = loader.epoch(0, 0)) {
      first.next();
      List<List<Number>> expected = rest(second);
      assertThat(rest(first)).isEqualTo(expected.subList(1, expected.size()));
    }
  }

  @Test
  void keptImagesAreReadOnce() throws IOException {
    Numbers set = new Numbers(10);
    Loader loader = new Loader(set, Transforms.none(), LoaderOptions.evaluation(4).withThreads(1));

    List<List<Number>> first = epoch(loader, 0, 0);
    assertThat(epoch(loader, 0, 0)).isEqualTo(first);
    assertThat(set.read).hasValue(10);

    Numbers larger = new Numbers(10);
    // Room for two images of three bytes.
    LoaderOptions little = LoaderOptions.evaluation(4).withThreads(1).withCacheBytes(8);
    Loader forgetful = new Loader(larger, Transforms.none(), little);
    assertThat(epoch(forgetful, 0, 0)).isEqualTo(first);
    assertThat(epoch(forgetful, 0, 0)).isEqualTo(first);
    assertThat(larger.read).hasValue(18);
  }

  @Test
  void anUndecodableImageEndsTheEpochByName() throws IOException {
    String[] paths =
        IntStream.range(10, 40).mapToObj(i -> "a/" + i + ".png").toArray(String[]::new);
    Path root = Images.folder(folder.resolve("set"), paths);
    Files.write(root.resolve("a/30.png"), new byte[] {1, 2, 3});
    LoaderOptions options = LoaderOptions.evaluation(8).withThreads(3);
    try (DataSet set = DataSets.open(root.toString(), Part.TEST, 32);
        Batches batches = new Loader(set, Transforms.centerCrop(4), options).epoch(0, 0)) {
      // The batches before it are whole, always.
      assertThat(batches.next()).isNotNull();
      assertThat(batches.next()).isNotNull();
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(batches::next)
            .isInstanceOf(UncheckedIOException.class)
            .hasMessageContaining(
                "30.png: the file is not a JPEG, PNG, BMP, GIF, WebP or TIFF image");
      }
    }
  }

  @Test
  void imagesOfSeveralSizesAreRefusedByName() throws IOException {
    Path root = Images.folder(folder.resolve("set"), "a/1.png", "a/2.png");
    try (DataSet set = DataSets.open(root.toString(), Part.TEST, 32);
        Batches batches =
            new Loader(set, Transforms.none(), LoaderOptions.evaluation(2)).epoch(0, 0)) {
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a/2.png has 5 x 5 pixels and the first image 5 x 4")
          .hasMessageContaining("resize256-crop224");
    }
  }

  @Test
  void errorsOfTransformsNameTheImage() throws IOException {
    Transform failing =
        (image, random) -> {
          if (image.rgb()[0] == 9) {
            throw new IllegalArgumentException("too small");
          }
          return image;
        };
    Loader loader = new Loader(new Numbers(10), failing, LoaderOptions.evaluation(10));
    try (Batches batches = loader.epoch(0, 0)) {
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("number 9: too small");
    }
  }

  @Test
  void closingEarlyStopsTheThreadsAndEndsTheMemory() throws IOException {
    Loader loader = numbers(10_000, LoaderOptions.evaluation(8).withThreads(3));
    Batches batches = loader.epoch(0, 0);
    Batch batch = batches.next();
    assertThat(batch).isNotNull();
    batches.close();
    batches.close();

    assertThatThrownBy(() -> batch.images().get(JAVA_FLOAT, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(batches::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("residual-loader-"));
  }

  @Test
  void theRingBoundsHowFarThreadsRunAhead() throws Exception {
    Numbers set = new Numbers(1000);
    Loader loader =
        new Loader(set, Transforms.none(), LoaderOptions.evaluation(10).withCacheBytes(0));
    try (Batches batches = loader.epoch(0, 0)) {
      assertThat(batches.next()).isNotNull();
      Thread.sleep(100);
      // Three batches, and the image that told the shape.
      assertThat(set.read.get()).isLessThanOrEqualTo(31);
    }
  }

  @Test
  void anInterruptedConsumerIsToldSo() throws IOException {
    Numbers slow =
        new Numbers(2) {
          @Override
          public Pixels image(int index) throws IOException {
            if (index == 1) {
              java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
            }
            return super.image(index);
          }
        };
    Loader loader = new Loader(slow, Transforms.none(), LoaderOptions.evaluation(2));
    try (Batches batches = loader.epoch(0, 0)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(batches.next()).isNotNull();
    }
  }

  @Test
  void arrangementsThatCannotWorkAreRefused() throws IOException {
    assertThatThrownBy(() -> numbers(10, LoaderOptions.training(11)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a batch of 11 images is more than the 10");
    assertThatThrownBy(() -> LoaderOptions.training(0)).hasMessageContaining("batch is 0");
    assertThatThrownBy(() -> LoaderOptions.training(1).withThreads(0))
        .hasMessageContaining("threads is 0");
    Loader loader = numbers(10, LoaderOptions.evaluation(4));
    int[][] refused = {{-1, 0}, {0, -1}, {0, 4}};
    for (int[] epoch : refused) {
      assertThatThrownBy(() -> loader.epoch(epoch[0], epoch[1]))
          .as(Arrays.toString(epoch))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
