package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibraryException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/** What benchmarks of frameworks share: who runs, in which precision, on how many threads. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow",
      "-Xmx2g",
      "-XX:+UseSerialGC"
    })
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 10, time = 1)
public abstract class FrameworkBenchmark {
  /** {@code residual} or a peer. */
  @Param(Frameworks.RESIDUAL)
  public String framework;

  /** {@code f32} or {@code bf16}; for networks also {@code f16}, and {@code int8} in inference. */
  @Param("f32")
  public String precision;

  /** Threads inside an operation; 0 is as many as there are processors. */
  @Param("0")
  public int threads;

  private @Nullable Job job;

  /** The work, once. */
  abstract Job open(Framework framework);

  /** What computes: the processor, where nothing else is said. */
  String device() {
    return Frameworks.CPU;
  }

  final int threads() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /** Prepares the job, or notes why there is none. */
  @Setup
  public final void open(BenchmarkParams params) {
    try {
      Framework opened = Frameworks.named(framework, device());
      Notes.write(params, Notes.FRAMEWORK, opened.description());
      job = open(opened);
    } catch (RuntimeException | Error e) {
      Notes.write(params, Notes.ABSENT, reason(e));
      throw e;
    }
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    boolean isPlain =
        e instanceof UnsupportedOperationException
            || e instanceof NativeLibraryException
            || e instanceof NativeException;
    String reason = isPlain && message != null ? message : e.toString();
    return reason.lines().findFirst().orElse("");
  }

  final void run() {
    requireNonNull(job).run();
  }

  /** Notes the memory and frees everything. */
  @TearDown
  public final void close(BenchmarkParams params) {
    // The peak of a process that all settings share is not theirs.
    Double peak = params.getForks() > 0 ? Notes.peakMemory() : null;
    if (peak != null) {
      Notes.write(params, Notes.PEAK_MEMORY, peak);
    }
    Job done = requireNonNull(job);
    if (done.deviceBytes() > 0) {
      Notes.write(params, Notes.DEVICE_MEMORY, done.deviceBytes() / (double) (1 << 20));
    }
    done.close();
  }
}
