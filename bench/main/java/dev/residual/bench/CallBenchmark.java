package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.Backends;
import dev.residual.Kernel;
import dev.residual.Kernels;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
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

/**
 * What calls cost: one downcall, a primitive of 16 elements, a session of that primitive, and its
 * kernel on the caller's memory, by handle and looked up by operation. A session may add one
 * microsecond to the primitive, which on one thread takes less than that.
 *
 * <p>Run with {@code make bench B=Call}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class CallBenchmark {
  private static final Shape SHAPE = Shape.of(1, 16, 1, 1);

  /** Threads of the primitive and of the session. */
  @Param("1")
  public int threads;

  private final NativeScope scope = NativeScope.open();
  private final MemorySegment[] memory = memory();
  private final MemorySegment[] other = memory();
  private final Relu relu = new Relu(Value.input("src", SHAPE), Value.activation("dst", SHAPE));
  private @Nullable Job session;
  private @Nullable ReluPrimitive primitive;
  private @Nullable Kernels kernels;
  private @Nullable Kernel kernel;

  /** Makes the session, the primitive and the kernel. */
  @Setup
  public void open() {
    session = SessionJob.of(relu, threads);
    primitive = new ReluPrimitive(SHAPE, threads);
    kernels = new Kernels(Backends.cpu(), new CompileOptions(threads), 16);
    kernel = kernels.compile(relu);
  }

  private MemorySegment[] memory() {
    MemorySegment src = scope.allocate(SHAPE.elements() * 4, NativeScope.ALIGNMENT);
    return new MemorySegment[] {src, scope.allocate(SHAPE.elements() * 4, NativeScope.ALIGNMENT)};
  }

  /** The cheapest function of oneDNN. */
  @Benchmark
  public long downcall() {
    return Dnnl.dnnl_engine_get_count(Dnnl.dnnl_cpu());
  }

  /** The primitive that the session runs, executed without a session. */
  @Benchmark
  public void primitive() {
    requireNonNull(primitive).execute();
  }

  /** The session. */
  @Benchmark
  public void session() {
    requireNonNull(session).run();
  }

  /** The kernel, on the memory of its last call. */
  @Benchmark
  public void kernel() {
    requireNonNull(kernel).run(memory);
  }

  /** The kernel, on one memory and then on another. */
  @Benchmark
  @OperationsPerInvocation(2)
  public void kernelInTurns() {
    requireNonNull(kernel).run(memory);
    requireNonNull(kernel).run(other);
  }

  /** The kernel as the cache finds it. */
  @Benchmark
  public void cached() {
    requireNonNull(kernels).run(relu, memory);
  }

  /** Frees all. */
  @TearDown
  public void close() {
    requireNonNull(kernel).close();
    requireNonNull(kernels).close();
    scope.close();
    requireNonNull(session).close();
    requireNonNull(primitive).close();
  }
}
