package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole training step: forward, loss, backward and SGD, on data that is already in memory.
 *
 * <p>Run with {@code make bench B=TrainingStep}.
 */
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 5, time = 5)
public class TrainingStepBenchmark {

  /** The network and the images a step. */
  @Param({"resnet20-cifar x 128", "resnet50 x 32"})
  public String network = "";

  private @Nullable Session session;

  /** Compiles the step and fills its memory. */
  @Setup
  public void open() {
    String[] parts = network.split(" x ");
    ResNet resnet = ResNet.named(parts[0]);
    Model model = resnet.model(Mode.TRAINING, Integer.parseInt(parts[1]), DType.F32);
    Backend backend = Backends.cpu();
    TrainingGraph step = TrainingGraph.of(model, new Sgd(0.9, 1e-4), 0).fused(backend::supports);
    Session compiled = backend.compile(step.graph());
    resnet.initializer(1).weights(model.graph()).writeTo(compiled);
    compiled.write(step.images(), images(step.images()));
    compiled.write(step.labels(), labels(step.labels(), step.classes()));
    compiled.write(step.learningRate(), Tensor.of(step.learningRate().shape(), 0.01f));
    session = compiled;
  }

  private static Tensor images(Value value) {
    Random random = new Random(1);
    Tensor tensor = Tensor.zeros(DType.F32, value.shape());
    for (long i = 0; i < value.shape().elements(); i++) {
      tensor.set(i, random.nextGaussian());
    }
    return tensor;
  }

  private static Tensor labels(Value value, int classes) {
    Tensor tensor = Tensor.zeros(DType.I32, value.shape());
    for (int i = 0; i < value.shape().dim(0); i++) {
      tensor.set(i, (7 * i + 3) % classes);
    }
    return tensor;
  }

  /** One step. */
  @Benchmark
  public void step() {
    requireNonNull(session).run();
  }

  /** Frees the session. */
  @TearDown
  public void close() {
    requireNonNull(session).close();
  }
}
