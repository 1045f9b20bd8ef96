package dev.residual.train;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArraySourceTest {
  private static final int IMAGES = 11;
  private static final int CLASSES = 5;
  private static final Shape SHAPE = Shape.of(4, 2, 1, 3);
  private static final int SIZE = 6;

  /** Element e of image i is 10 i + e. */
  private static float[] images(int count) {
    float[] images = new float[count * SIZE];
    for (int i = 0; i < images.length; i++) {
      images[i] = 10 * (i / SIZE) + i % SIZE;
    }
    return images;
  }

  private static int[] labels(int count) {
    return IntStream.range(0, count).map(i -> i % CLASSES).toArray();
  }

  private static ArraySource training(long seed) {
    return ArraySource.training(
        images(IMAGES), Layout.ROW_MAJOR, labels(IMAGES), CLASSES, SHAPE, seed);
  }

  private static ArraySource evaluation() {
    return ArraySource.evaluation(
        images(IMAGES), Layout.CHANNELS_LAST, labels(IMAGES), CLASSES, SHAPE);
  }

  /** The numbers of the images of an epoch, each of which must be whole and have its label. */
  private static List<Integer> numbers(ArraySource source, int epoch, int firstBatch) {
    List<Integer> numbers = new ArrayList<>();
    try (Batches batches = source.epoch(epoch, firstBatch)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        float[] pixels = batch.images().toArray(JAVA_FLOAT);
        int[] labels = batch.labels().toArray(JAVA_INT);
        assertThat(pixels).hasSize((int) SHAPE.elements());
        assertThat(labels).hasSize(SHAPE.dim(0));
        for (int i = 0; i < labels.length; i++) {
          float first = i < batch.count() ? pixels[i * SIZE] : 0;
          for (int e = 0; e < SIZE; e++) {
            assertThat(pixels[i * SIZE + e]).isEqualTo(i < batch.count() ? first + e : 0);
          }
          if (i < batch.count()) {
            numbers.add((int) first / 10);
            assertThat(labels[i]).isEqualTo((int) first / 10 % CLASSES);
          } else {
            assertThat(labels[i]).isZero();
          }
        }
      }
      assertThat(batches.next()).isNull();
    }
    return numbers;
  }

  @Test
  void trainingShufflesBySeedAndEpochAndDropsWhatFillsNoBatch() {
    ArraySource source = training(7);
    assertThat(source.batches()).isEqualTo(2);
    assertThat(source.images()).isEqualTo(8);
    assertThat(source.shape()).isEqualTo(SHAPE);
    assertThat(source.classes()).isEqualTo(CLASSES);
    List<Integer> numbers = numbers(source, 3, 0);
    assertThat(numbers).hasSize(8).doesNotHaveDuplicates().allMatch(i -> i >= 0 && i < IMAGES);
    assertThat(numbers(training(7), 3, 0)).isEqualTo(numbers);
    assertThat(numbers(source, 3, 1)).isEqualTo(numbers.subList(4, 8));
    assertThat(numbers(source, 4, 0)).isNotEqualTo(numbers);
    assertThat(numbers(training(8), 3, 0)).isNotEqualTo(numbers);
  }

  @Test
  void everyImageIsSeenInSomeEpoch() {
    List<Integer> seen = new ArrayList<>();
    for (int epoch = 0; epoch < 20; epoch++) {
      seen.addAll(numbers(training(1), epoch, 0));
    }
    assertThat(seen).contains(IntStream.range(0, IMAGES).boxed().toArray(Integer[]::new));
  }

  @Test
  void evaluationKeepsTheOrderAndPadsTheLastBatch() {
    ArraySource source = evaluation();
    assertThat(source.batches()).isEqualTo(3);
    assertThat(source.images()).isEqualTo(IMAGES);
    assertThat(numbers(source, 0, 0)).isEqualTo(IntStream.range(0, IMAGES).boxed().toList());
    assertThat(numbers(source, 1, 2)).containsExactly(8, 9, 10);
    assertThat(numbers(source, 0, 3)).isEmpty();
    try (Batches batches = source.epoch(0, 0)) {
      Batch first = batches.next();
      assertThat(first).isNotNull();
      assertThat(first.layout()).isEqualTo(Layout.CHANNELS_LAST);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    float[] images = images(IMAGES);
    int[] labels = labels(IMAGES);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ArraySource.evaluation(images, Layout.ROW_MAJOR, labels(10), CLASSES, SHAPE))
        .withMessageContaining("66 elements of images and 10 labels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ArraySource.evaluation(images, Layout.ROW_MAJOR, labels, 3, SHAPE))
        .withMessageContaining("label 3 of image 3");
    Shape large = SHAPE.with(0, 12);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ArraySource.training(images, Layout.ROW_MAJOR, labels, CLASSES, large, 0))
        .withMessageContaining("a batch of 12 images");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ArraySource.evaluation(new float[0], Layout.ROW_MAJOR, new int[0], CLASSES, SHAPE))
        .withMessageContaining("0 labels");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ArraySource.evaluation(
                    images, Layout.ROW_MAJOR, labels, CLASSES, Shape.of(4, SIZE)))
        .withMessageContaining("4x6: expected n c h w");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> evaluation().epoch(0, 4))
        .withMessageContaining("first batch 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> training(0).epoch(-1, 0))
        .withMessageContaining("epoch -1");
  }

  /** The same images in either layout train to the same weights. */
  @Test
  void layoutsTrainAlike() {
    Shape shape = TinyNetwork.shape(4);
    int area = shape.dim(2) * shape.dim(3);
    int size = 3 * area;
    int[] labels = IntStream.range(0, 8).map(i -> i % TinyNetwork.CLASSES).toArray();
    float[] rows = new float[8 * size];
    float[] last = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) Math.sin(i) + labels[i / size];
      last[i / size * size + i % area * 3 + i % size / area] = rows[i];
    }
    try (Trainer trainer = TrainerTest.trainer();
        Trainer other = TrainerTest.trainer()) {
      train(trainer, ArraySource.training(rows, Layout.ROW_MAJOR, labels, 3, shape, 5));
      train(other, ArraySource.training(last, Layout.CHANNELS_LAST, labels, 3, shape, 5));
      TrainingTest.assertSame(other.weights(), trainer.weights());
      try (Evaluator evaluator =
          Evaluator.unwritten(
              Backends.reference(), TinyNetwork.inference(4), CompileOptions.DEFAULT, DType.F32)) {
        evaluator.write(trainer.weights());
        Accuracy accuracy =
            evaluator.evaluate(ArraySource.evaluation(rows, Layout.ROW_MAJOR, labels, 3, shape));
        assertThat(accuracy.images()).isEqualTo(8);
      }
    }
  }

  private static void train(Trainer trainer, ArraySource source) {
    try (Batches batches = source.epoch(0, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        trainer.step(batch, 0.1);
      }
    }
  }
}
