package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.Random;
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
 * Each convolution of ResNet-50 as a session of one operation.
 *
 * <p>Run with {@code make bench B=Convolution}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class ConvolutionBenchmark {

  /** What oneDNN's benchdnn would call these problems. */
  @Param({
    "ic3ih224oc64kh7sh2ph3",
    "ic64ih56oc64kh1sh1ph0",
    "ic64ih56oc64kh3sh1ph1",
    "ic64ih56oc256kh1sh1ph0",
    "ic256ih56oc64kh1sh1ph0",
    "ic256ih56oc128kh1sh1ph0",
    "ic128ih56oc128kh3sh2ph1",
    "ic128ih28oc512kh1sh1ph0",
    "ic256ih56oc512kh1sh2ph0",
    "ic512ih28oc128kh1sh1ph0",
    "ic128ih28oc128kh3sh1ph1",
    "ic512ih28oc256kh1sh1ph0",
    "ic256ih28oc256kh3sh2ph1",
    "ic256ih14oc1024kh1sh1ph0",
    "ic512ih28oc1024kh1sh2ph0",
    "ic1024ih14oc256kh1sh1ph0",
    "ic256ih14oc256kh3sh1ph1",
    "ic1024ih14oc512kh1sh1ph0",
    "ic512ih14oc512kh3sh2ph1",
    "ic512ih7oc2048kh1sh1ph0",
    "ic1024ih14oc2048kh1sh2ph0",
    "ic2048ih7oc512kh1sh1ph0",
    "ic512ih7oc512kh3sh1ph1"
  })
  public String shape = "";

  /** Images a run. */
  @Param({"1", "32"})
  public int batch;

  private @Nullable Session session;

  /** Compiles the session and fills its memory. */
  @Setup
  public void open() {
    Graph graph = Graph.of(ConvolutionShape.parse(shape).forward(batch));
    Session compiled = Backends.cpu().compile(graph);
    session = compiled;
    Random random = new Random(1);
    for (Value value : graph.values()) {
      if (value.role() != Role.ACTIVATION) {
        Tensor tensor = Tensor.zeros(DType.F32, value.shape());
        for (long i = 0; i < value.shape().elements(); i++) {
          tensor.set(i, random.nextGaussian());
        }
        compiled.write(value, tensor);
      }
    }
  }

  /** One run of the session. */
  @Benchmark
  public void forward() {
    requireNonNull(session).run();
  }

  /** Frees the session. */
  @TearDown
  public void close() {
    requireNonNull(session).close();
  }
}
