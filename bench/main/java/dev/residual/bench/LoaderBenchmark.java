package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.io.data.DataSet;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.images.Augmentation;
import dev.residual.train.Batch;
import dev.residual.train.Batches;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Images a second that one thread of a loader makes ready for training, after they were decoded.
 *
 * <p>Run with {@code make bench B=LoaderBenchmark}; {@code -p 'augmentation=none;erase=1'} takes
 * another one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LoaderBenchmark {
  private static final int IMAGES = 512;

  /** The sides of images. */
  @Param({"32", "224"})
  public int side;

  /** As {@link Augmentation#parse} takes it; JMH splits at commas, which semicolons stand for. */
  @Param({"none", "standard", "none;trivial", "none;jitter=0.4", "none;mixup=1"})
  public String augmentation;

  private @Nullable Loader loader;
  private int epoch;

  /** Draws the images. */
  @Setup
  public void open() throws IOException {
    DataSet shapes = new DrawnShapes(IMAGES, side, 1);
    LoaderOptions options = LoaderOptions.training(side == 32 ? 128 : 32).withThreads(1);
    Augmentation parsed = Augmentation.parse(augmentation.replace(';', ','));
    loader = new Loader(shapes, parsed.preprocessing(side), options);
  }

  /** Reads an epoch. */
  @Benchmark
  @OperationsPerInvocation(IMAGES)
  public void epoch(Blackhole blackhole) {
    try (Batches batches = requireNonNull(loader).epoch(epoch++, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        blackhole.consume(batch);
      }
    }
  }
}
