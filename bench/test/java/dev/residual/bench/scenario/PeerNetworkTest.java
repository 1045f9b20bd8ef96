package dev.residual.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.bench.Job;
import dev.residual.engine.BatchOptions;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PeerNetworkTest {
  private static final int IMAGE = 2;

  /** What each run read. */
  private final List<List<Float>> runs = new ArrayList<>();

  private int open;

  private Job job(int batch) {
    if (batch > 4) {
      throw new IllegalStateException("no batch of " + batch);
    }
    open++;
    FloatBuffer images = FloatBuffer.allocate(batch * IMAGE);
    return new Job() {
      @Override
      public FloatBuffer images() {
        return images;
      }

      @Override
      public void run() {
        List<Float> read = new ArrayList<>();
        for (float number : images.array()) {
          read.add(number);
        }
        runs.add(read);
      }

      @Override
      public void close() {
        open--;
      }
    };
  }

  @Test
  void imagesOfABatchLieOneAfterTheOther() {
    BatchOptions options = BatchOptions.DEFAULT.withLargest(4).withLongestWait(Duration.ofHours(1));
    try (PeerNetwork network = new PeerNetwork(this::job, 1, options)) {
      assertThat(open).isEqualTo(3);
      List<CompletableFuture<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(network.submit(new float[] {2 * i, 2 * i + 1}));
      }
      results.forEach(CompletableFuture::join);
    }
    assertThat(runs).containsExactly(List.of(0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f));
    assertThat(open).isZero();
  }

  @Test
  void whatCannotBeMadeLeavesNoJobOpen() {
    assertThatIllegalStateException()
        .isThrownBy(() -> new PeerNetwork(this::job, 1, BatchOptions.DEFAULT))
        .withMessage("no batch of 8");
    assertThat(open).isZero();
  }
}
