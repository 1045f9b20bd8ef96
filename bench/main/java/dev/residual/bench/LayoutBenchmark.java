package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
 * What a session of the CPU takes to write and read images that lie as its own do, n h w c, and
 * those that lie n c h w and are transposed. The first is one copy by one thread, as memcpy does
 * it.
 *
 * <p>Run with {@code make bench B=Layout JMH='-p threads=1,2'}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 7, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class LayoutBenchmark {
  /** Images, n c h w. */
  @Param({"32x3x224x224", "32x64x56x56"})
  public String images;

  /** The element type: f32 or bf16. */
  @Param({"f32", "bf16"})
  public String precision;

  /** Threads of the session. */
  @Param("2")
  public int threads;

  /** Where the caller's images lie: off the heap, or in an array. */
  @Param({"native", "array"})
  public String memory;

  private final Arena arena = Arena.ofConfined();
  private @Nullable Session session;
  private @Nullable Value src;
  private @Nullable Value dst;
  private @Nullable MemorySegment data;

  /** Makes the session and the caller's memory. */
  @Setup
  public void open() {
    Shape shape = Shape.of(Arrays.stream(images.split("x")).mapToInt(Integer::parseInt).toArray());
    src = Value.input("src", shape, Precisions.of(precision));
    dst = Value.activation("dst", shape, Precisions.of(precision));
    session = Backends.cpu().compile(Graph.of(new Relu(src, dst)), new CompileOptions(threads));
    data =
        memory.equals("array")
            ? MemorySegment.ofArray(new byte[Math.toIntExact(src.bytes())])
            : arena.allocate(src.bytes(), 64);
    session.run();
  }

  /** Images that lie as the session's do. */
  @Benchmark
  public void writeChannelsLast() {
    requireNonNull(session).write(requireNonNull(src), requireNonNull(data), Layout.CHANNELS_LAST);
  }

  /** Images that are transposed. */
  @Benchmark
  public void writeRowMajor() {
    requireNonNull(session).write(requireNonNull(src), requireNonNull(data), Layout.ROW_MAJOR);
  }

  /** Results that lie as the session's do. */
  @Benchmark
  public void readChannelsLast() {
    requireNonNull(session).read(requireNonNull(dst), requireNonNull(data), Layout.CHANNELS_LAST);
  }

  /** Results that are transposed. */
  @Benchmark
  public void readRowMajor() {
    requireNonNull(session).read(requireNonNull(dst), requireNonNull(data), Layout.ROW_MAJOR);
  }

  /** Frees all. */
  @TearDown
  public void close() {
    requireNonNull(session).close();
    arena.close();
  }
}
