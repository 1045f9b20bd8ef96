package dev.residual.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.BatchOptions;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class BatchedNetworkTest {
  private static final ResNet RESNET = TinyNetwork.deep();
  private static final Weights WEIGHTS = FormulaWeights.of(RESNET.inference(1).graph());
  private static final int IMAGES = 8;
  private static final int CALLERS = 3000;
  private static final Tensor BATCH =
      FormulaWeights.images(DType.F32, RESNET.imageShape(IMAGES), IMAGES);
  private static final BatchOptions FOUR =
      BatchOptions.DEFAULT.withLargest(4).withLongestWait(Duration.ofHours(1)).withQueue(CALLERS);

  private static Network network(Backend backend, int batch) {
    InferenceOptions options = InferenceOptions.DEFAULT.withThreads(1);
    return Network.of(backend, RESNET, WEIGHTS, options.withBatch(batch));
  }

  private static MemorySegment image(int number) {
    long bytes = BATCH.data().byteSize() / IMAGES;
    return BATCH.data().asSlice(number * bytes, bytes);
  }

  /** The rows of all images, computed by so many at a time. */
  private static List<float[]> rows(Backend backend, int batch) {
    try (Network network = network(backend, batch)) {
      float[] logits = network.run(BATCH).toFloats();
      List<float[]> rows = new ArrayList<>();
      for (int i = 0; i < IMAGES; i++) {
        rows.add(
            Arrays.copyOfRange(logits, i * TinyNetwork.CLASSES, (i + 1) * TinyNetwork.CLASSES));
      }
      return rows;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void rowsAreThoseOfANetworkThatRunsTheSameBatch(String name) throws Exception {
    Backend backend = Backends.named(name);
    List<float[]> ofOne = rows(backend, 1);
    List<float[]> ofFour = rows(backend, 4);
    try (BatchedNetwork network = new BatchedNetwork(batch -> network(backend, batch), 1, FOUR)) {
      List<CompletableFuture<float[]>> results = new ArrayList<>();
      for (int i = 0; i < IMAGES; i++) {
        results.add(network.submit(image(i), Layout.ROW_MAJOR));
      }
      for (int i = 0; i < IMAGES; i++) {
        assertThat(results.get(i).get()).isEqualTo(ofFour.get(i));
      }
    }
    BatchOptions alone = FOUR.withLargest(1);
    try (BatchedNetwork network = new BatchedNetwork(batch -> network(backend, batch), 1, alone);
        Arena arena = Arena.ofConfined()) {
      assertThat(network.image().shape()).isEqualTo(Shape.of(1, 3, 8, 8));
      assertThat(network.rowSize()).isEqualTo(TinyNetwork.CLASSES);
      for (int i = 0; i < IMAGES; i++) {
        MemorySegment own = arena.allocate(image(i).byteSize()).copyFrom(image(i));
        assertThat(network.run(own, Layout.ROW_MAJOR)).isEqualTo(ofOne.get(i));
      }
      float[] last = new float[3 * 64];
      for (int i = 0; i < last.length; i++) {
        last[i % 64 * 3 + i / 64] = (float) BATCH.get(i);
      }
      assertThat(network.run(MemorySegment.ofArray(last), Layout.CHANNELS_LAST))
          .isEqualTo(ofOne.getFirst());
    }
  }

  @Test
  void everyCallerGetsTheRowOfItsImage() throws Exception {
    CountedBackend backend = new CountedBackend(Backends.cpu(), 0);
    List<List<float[]>> expected = new ArrayList<>();
    for (int size : FOUR.sizes()) {
      expected.add(rows(Backends.cpu(), size));
    }
    List<Future<float[]>> results = new ArrayList<>();
    BatchOptions options = FOUR.withLongestWait(Duration.ofNanos(100_000));
    try (BatchedNetwork network =
        new BatchedNetwork(batch -> network(backend, batch), 2, options)) {
      assertThat(backend.open()).isEqualTo(2 * FOUR.sizes().size());
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < CALLERS; i++) {
          int number = i;
          results.add(threads.submit(() -> call(network, number)));
        }
      }
      assertThat(network.waiting()).isZero();
    }
    assertThat(backend.open()).isZero();
    int answered = 0;
    for (int i = 0; i < CALLERS; i++) {
      float[] row = results.get(i).get();
      if (row.length > 0) {
        answered++;
        int image = i % IMAGES;
        assertThat(expected).anyMatch(rows -> Arrays.equals(rows.get(image), row));
      }
    }
    assertThat(answered).isBetween(CALLERS / 2, CALLERS - 1);
  }

  /** Its row, or none if the caller gave up. */
  private static float[] call(BatchedNetwork network, int number) throws Exception {
    SplittableRandom random = new SplittableRandom(number);
    MemorySegment image = image(number % IMAGES);
    switch (random.nextInt(8)) {
      case 0 -> Thread.currentThread().interrupt();
      case 1 -> {
        CompletableFuture<float[]> result = network.submit(image, Layout.ROW_MAJOR);
        result.orTimeout(random.nextInt(10), TimeUnit.MILLISECONDS);
        try {
          return result.get();
        } catch (ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(TimeoutException.class);
          return new float[0];
        }
      }
      case 2 -> {
        CompletableFuture<float[]> result = network.submit(image, Layout.ROW_MAJOR);
        Thread.sleep(0, random.nextInt(900_000));
        result.cancel(true);
        try {
          return result.get();
        } catch (CancellationException e) {
          return new float[0];
        }
      }
      default -> {}
    }
    try {
      return network.run(image, Layout.ROW_MAJOR);
    } catch (InterruptedException e) {
      return new float[0];
    }
  }

  @Test
  void whatIsNoImageIsRefused() {
    try (BatchedNetwork network =
        new BatchedNetwork(batch -> network(Backends.reference(), batch), 1, FOUR)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.submit(BATCH.data(), Layout.ROW_MAJOR))
          .withMessageContaining("an image of 6144 bytes is given, expected 768");
      network.close();
      assertThatIllegalStateException()
          .isThrownBy(() -> network.submit(image(0), Layout.ROW_MAJOR))
          .withMessageContaining("closed");
    }
  }

  @Test
  void whatCannotBeMadeLeavesNothingOpen() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchedNetwork(batch -> network(Backends.cpu(), batch), 0, FOUR))
        .withMessageContaining("sessions are 0");
    CountedBackend failing = new CountedBackend(Backends.reference(), 3);
    assertThatIllegalStateException()
        .isThrownBy(() -> new BatchedNetwork(batch -> network(failing, batch), 2, FOUR))
        .withMessage("compilation 3");
    assertThat(failing.open()).isZero();
    CountedBackend backend = new CountedBackend(Backends.reference(), 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchedNetwork(batch -> network(backend, 2), 1, FOUR))
        .withMessage("the network has a batch of 2, expected 1");
    assertThat(backend.open()).isZero();
  }
}
