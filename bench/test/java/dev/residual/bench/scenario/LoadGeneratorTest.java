package dev.residual.bench.scenario;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.tensor.Layout;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadGeneratorTest {
  private static final Duration TIME = Duration.ofMillis(500);
  private static final float[] ANSWER = {};

  private static Samples samples(Layout layout) throws IOException {
    BufferedImage image = new BufferedImage(20, 16, BufferedImage.TYPE_3BYTE_BGR);
    for (int x = 0; x < 20; x++) {
      for (int y = 0; y < 16; y++) {
        image.setRGB(x, y, 0x0A0000 * x + 0x000F00 * y);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, "jpeg", out)).isTrue();
    return new Samples(List.of(out.toByteArray()), 8, layout);
  }

  private static SystemUnderTest system(
      boolean decoding, Function<float[], CompletableFuture<float[]>> network) throws IOException {
    return new SystemUnderTest(samples(Layout.CHANNELS_LAST), decoding, network);
  }

  private static CompletableFuture<float[]> later(int milliseconds) {
    return new CompletableFuture<float[]>()
        .completeOnTimeout(ANSWER, milliseconds, TimeUnit.MILLISECONDS);
  }

  @Test
  void aStreamSendsTheNextQueryWhenAllIsAnswered() throws Exception {
    AtomicInteger waiting = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (SystemUnderTest system =
        system(
            false,
            image -> {
              most.accumulateAndGet(waiting.incrementAndGet(), Math::max);
              return later(5)
                  .thenApply(
                      answer -> {
                        waiting.decrementAndGet();
                        return answer;
                      });
            })) {
      LoadGenerator generator = new LoadGenerator(system, TIME, 1);
      Measurement one = generator.singleStream();
      assertThat(most).hasValue(1);
      Latencies latencies = requireNonNull(one.latencies());
      assertThat(latencies.percentile(1)).isGreaterThanOrEqualTo(5e6);
      assertThat(one.images()).isEqualTo(latencies.count());
      // One after the other fill the time.
      assertThat(one.rate()).isBetween(5.0, 200.0);
      Measurement four = generator.multiStream(4);
      assertThat(most).hasValue(4);
      assertThat(four.images()).isEqualTo(4L * requireNonNull(four.latencies()).count());
    }
  }

  @Test
  void aServersLatenciesBeginWhenQueriesAreDue() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (SystemUnderTest system =
        system(
            false,
            image -> {
              if (calls.getAndIncrement() == 0) {
                sleep(300);
              }
              return CompletableFuture.completedFuture(ANSWER);
            })) {
      Measurement measured = new LoadGenerator(system, TIME, 1).server(200);
      // More than half were due while the first held up the sender, and were late by up to 300 ms.
      assertThat(requireNonNull(measured.latencies()).percentile(90)).isGreaterThan(150e6);
      assertThat(measured.images()).isBetween(60L, 140L);
      assertThat(measured.holds(100)).isFalse();
      assertThat(measured.holds(60_000)).isTrue();
    }
  }

  private static void sleep(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsRefusedHoldsNoBound() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (SystemUnderTest system =
        system(
            false,
            image -> {
              if (calls.getAndIncrement() % 10 == 0) {
                throw new RejectedExecutionException("full");
              }
              return CompletableFuture.completedFuture(ANSWER);
            })) {
      LoadGenerator generator = new LoadGenerator(system, TIME, 1);
      Measurement measured = generator.server(400);
      assertThat(measured.images()).isLessThan(requireNonNull(measured.latencies()).count());
      assertThat(measured.holds(1e9)).isFalse();
      Measurement none = generator.server(1e-6);
      assertThat(none.images()).isZero();
      assertThat(none.holds(1e9)).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(generator::offline)
          .withMessageContaining("were not answered");
    }
  }

  @Test
  void offlineKeepsABatchWaitingAndLosesNothing() throws Exception {
    AtomicInteger waiting = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    try (SystemUnderTest system =
        system(
            true,
            image -> {
              calls.incrementAndGet();
              most.accumulateAndGet(waiting.incrementAndGet(), Math::max);
              return later(20).whenComplete((_, _) -> waiting.decrementAndGet());
            })) {
      Measurement measured = new LoadGenerator(system, TIME, 1).offline();
      assertThat(most.get()).isBetween(32, 128);
      assertThat(measured.images()).isEqualTo(calls.get());
      assertThat(measured.latencies()).isNull();
      assertThat(waiting).hasValue(0);
    }
  }

  @Test
  void decodedNowOrBeforeASampleIsTheSame() throws Exception {
    Samples last = samples(Layout.CHANNELS_LAST);
    Samples first = samples(Layout.ROW_MAJOR);
    assertThat(last.decode(5)).hasSize(3 * 8 * 8).isEqualTo(last.ready(3));
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < 64; i++) {
        assertThat(first.ready(0)[c * 64 + i]).isEqualTo(last.ready(0)[i * 3 + c]);
      }
    }
  }
}
