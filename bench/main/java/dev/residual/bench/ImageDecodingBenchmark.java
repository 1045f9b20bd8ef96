package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.io.images.ImageFile;
import dev.residual.io.images.ImageRuntime;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * JPEG images a second: decoded, and decoded and brought to 224 x 224 as for evaluation.
 *
 * <p>Run with {@code make bench B=ImageDecoding}; {@code -p images=FOLDER} takes the first 64 files
 * .jpg or .JPEG below a folder.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ImageDecodingBenchmark {
  /** Of libturbojpeg, where the system has it, or of the JDK. */
  @Param({"turbojpeg", "jdk"})
  public String decoder;

  /** Threads that decode. */
  @Param({"1", "2"})
  public int threads;

  /** Drawn ones of 500 x 500 pixels, or a folder. */
  @Param(JpegFiles.DRAWN)
  public String images;

  private final Transform transform = Transforms.resizeCrop(256, 224);
  private List<byte[]> files = List.of();
  private @Nullable ForkJoinPool pool;

  /** Reads or draws the images. */
  @Setup
  public void open() throws IOException {
    System.setProperty("residual.turbojpeg", decoder.equals("jdk") ? "off" : "on");
    boolean isTurbo = ImageRuntime.load().jpeg().startsWith("libturbojpeg");
    if (isTurbo == decoder.equals("jdk")) {
      throw new IllegalStateException("the decoder is " + ImageRuntime.load().jpeg());
    }
    files = JpegFiles.of(images);
    pool = new ForkJoinPool(threads);
  }

  /** Decodes all images. */
  @Benchmark
  @OperationsPerInvocation(JpegFiles.COUNT)
  public void decode(Blackhole blackhole) throws ExecutionException, InterruptedException {
    requireNonNull(pool)
        .submit(() -> files.parallelStream().forEach(file -> blackhole.consume(decode(file))))
        .get();
  }

  /** Decodes all images, and brings them to the size of a network. */
  @Benchmark
  @OperationsPerInvocation(JpegFiles.COUNT)
  public void decodeAndResize(Blackhole blackhole) throws ExecutionException, InterruptedException {
    requireNonNull(pool)
        .submit(
            () ->
                files.parallelStream()
                    .map(file -> transform.apply(decode(file), new SplittableRandom(0)))
                    .forEach(blackhole::consume))
        .get();
  }

  private static Pixels decode(byte[] file) {
    try {
      return ImageFile.decode("image", file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    requireNonNull(pool).close();
  }
}
