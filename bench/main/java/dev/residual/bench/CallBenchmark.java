package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
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
 * What calls cost: one downcall, a primitive of 16 elements, and a session of that primitive. A
 * session may add one microsecond to the primitive, which on one thread takes less than that.
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

  private @Nullable Job session;
  private @Nullable ReluPrimitive primitive;

  /** Makes the session and the primitive. */
  @Setup
  public void open() {
    Value src = Value.input("src", SHAPE);
    session = SessionJob.of(new Relu(src, Value.activation("dst", SHAPE)), threads);
    primitive = new ReluPrimitive(SHAPE, threads);
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

  /** Frees both. */
  @TearDown
  public void close() {
    requireNonNull(session).close();
    requireNonNull(primitive).close();
  }
}
