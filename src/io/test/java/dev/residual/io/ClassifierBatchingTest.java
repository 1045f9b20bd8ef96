package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.BatchEvent;
import dev.residual.engine.BatchOptions;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ClassifierBatchingTest {
  private static final TrainedModel MODEL = TinyModels.of(TinyModels.weights());
  private static final List<Pixels> IMAGES = TinyModels.images(8);
  private static final ClassifierOptions ALONE = ClassifierOptions.DEFAULT.withThreads(1);
  private static final BatchOptions FOUR =
      BatchOptions.DEFAULT.withLargest(4).withLongestWait(Duration.ofMillis(2)).withQueue(8);

  @TempDir Path folder;

  private static Classifier classifier(ClassifierOptions options) throws IOException {
    return new Classifier(Backends.cpu(), MODEL, options);
  }

  /** The batches that are run meanwhile. */
  private List<Integer> batches(AutoCloseable action) throws Exception {
    Path file = folder.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      recording.enable(BatchEvent.class);
      recording.start();
      action.close();
      recording.stop();
      recording.dump(file);
    }
    List<Integer> sizes = new ArrayList<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
      if (event.getEventType().getName().equals(BatchEvent.NAME)) {
        sizes.add(event.getInt("size"));
      }
    }
    return sizes;
  }

  private static void assertSame(List<Prediction> found, List<Prediction> expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).number()).isEqualTo(expected.get(i).number());
      assertThat(found.get(i).probability()).isEqualTo(expected.get(i).probability(), within(1e-5));
    }
  }

  @Test
  void callsAtOnceAreComputedTogetherAndGetTheirOwn() throws Exception {
    List<List<Prediction>> expected;
    try (Classifier alone = classifier(ALONE)) {
      expected = alone.classifyImages(IMAGES);
    }
    BatchOptions full = FOUR.withLongestWait(Duration.ofHours(1));
    try (Classifier classifier = classifier(ALONE.withSessions(2).withBatching(full))) {
      List<Integer> sizes =
          batches(
              () -> {
                try (ExecutorService threads = Executors.newFixedThreadPool(IMAGES.size())) {
                  List<Future<List<Prediction>>> found = new ArrayList<>();
                  for (Pixels image : IMAGES) {
                    found.add(threads.submit(() -> classifier.classify(image)));
                  }
                  for (int i = 0; i < IMAGES.size(); i++) {
                    assertSame(found.get(i).get(), expected.get(i));
                  }
                }
              });
      assertThat(sizes).containsExactly(4, 4);
    }
  }

  @Test
  void aCallOfMoreImagesThanTheQueueTakesIsNotRefused() throws Exception {
    List<Pixels> many = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      many.addAll(IMAGES);
    }
    try (Classifier classifier = classifier(ALONE.withBatching(FOUR.withQueue(4)))) {
      List<List<Prediction>> found = classifier.classifyImages(many);
      assertThat(found).hasSize(many.size());
      for (int i = IMAGES.size(); i < many.size(); i++) {
        assertSame(found.get(i), found.get(i % IMAGES.size()));
      }
      Tensor noise = Tensor.zeros(DType.F32, Shape.of(9, 3, 8, 8));
      assertThat(classifier.classify(noise)).hasSize(9);
    }
  }

  @Test
  void callsOfManyAreRefusedWhereTheQueueIsFullAndLeaveNothingThere() throws Exception {
    BatchOptions waiting = FOUR.withQueue(6).withLargest(6).withLongestWait(Duration.ofHours(1));
    Classifier classifier = classifier(ALONE.withBatching(waiting));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<List<List<Prediction>>>> calls = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        calls.add(CompletableFuture.supplyAsync(() -> classifier.classifyImages(IMAGES), threads));
      }
      while (calls.stream().noneMatch(CompletableFuture::isCompletedExceptionally)) {
        Thread.sleep(1);
      }
      classifier.close();
      for (CompletableFuture<List<List<Prediction>>> call : calls) {
        call.exceptionally(
                e -> {
                  assertThat(e.getCause())
                      .isInstanceOfAny(
                          RejectedExecutionException.class, IllegalStateException.class);
                  return List.of();
                })
            .join();
      }
      assertThat(calls)
          .anySatisfy(
              call ->
                  assertThatThrownBy(call::join)
                      .hasCauseInstanceOf(RejectedExecutionException.class)
                      .hasMessageContaining("6 requests wait already"));
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> classifier.classify(IMAGES.getFirst()))
        .withMessage("the classifier is closed");
  }
}
