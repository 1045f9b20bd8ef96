package dev.residual.bench.examples;

import static java.util.Objects.requireNonNull;

import dev.residual.Backends;
import dev.residual.Kernel;
import dev.residual.Kernels;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One kernel under JMH, as a pattern for your own: a convolution of 3x3 on images of 64 channels.
 *
 * <p>The operation is compiled before the measurement, and its memory lies as the kernel wants it,
 * so that nothing is measured but the kernel. Run with {@code make bench B=KernelExample}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class KernelExample {
  /** Images of a call. */
  @Param({"1", "16"})
  public int batch;

  private final Arena arena = Arena.ofShared();
  private @Nullable Kernels kernels;
  private @Nullable Kernel kernel;
  private MemorySegment[] memory = {};

  /** Compiles the operation and gives memory to its values: images, filters, result. */
  @Setup
  public void open() {
    Value images = Value.input("images", Shape.of(batch, 64, 56, 56));
    Conv2d convolution = Conv2d.of("convolution", images, 64, Window.square(3, 1, 1));
    kernels = new Kernels(Backends.cpu(), CompileOptions.DEFAULT, 1);
    kernel = kernels.compile(convolution);
    List<Value> values = Kernels.values(convolution);
    memory =
        values.stream()
            .map(value -> arena.allocate(value.bytes(), 64))
            .toArray(MemorySegment[]::new);
  }

  /** The convolution, on all cores. */
  @Benchmark
  public void convolution() {
    requireNonNull(kernel).run(memory);
  }

  /** Frees all. */
  @TearDown
  public void close() {
    requireNonNull(kernel).close();
    requireNonNull(kernels).close();
    arena.close();
  }
}
