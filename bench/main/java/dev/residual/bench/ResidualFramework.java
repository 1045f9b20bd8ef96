package dev.residual.bench;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.CudaRuntime;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.inference.Network;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.stream.Collectors;

/** Residual itself, on the processor or a GPU. */
public final class ResidualFramework implements Framework {
  private final Backend backend;
  private final boolean isOnDevice;

  /** On a device, as {@link Backends#named} takes it. */
  public ResidualFramework(String device) {
    backend = Backends.named(device);
    isOnDevice = device.startsWith("cuda");
  }

  @Override
  public String description() {
    if (isOnDevice) {
      return "Residual over "
          + CudaRuntime.look().libraries().stream()
              .skip(1)
              .map(library -> library.name() + " " + library.version())
              .collect(Collectors.joining(", "));
    }
    CpuRuntime runtime = CpuRuntime.load();
    return "Residual over %s %s%s"
        .formatted(
            runtime.library(),
            runtime.version(),
            runtime.kernels().isPresent() ? "" : ", without its own kernels");
  }

  @Override
  public Job training(NetworkTask task) {
    if (task.dtype() == DType.S8) {
      throw new UnsupportedOperationException("8-bit integers are for inference");
    }
    Model model = task.model(Mode.TRAINING);
    TrainingGraph step = step(model).withPrecision(task.dtype()).fused(backend::supports);
    Session session = backend.compile(step.graph(), options(task));
    task.weights(model).writeTo(session);
    session.write(step.images(), task.images());
    session.write(step.labels(), Tensor.of(step.labels().shape(), task.labels()));
    session.write(
        step.learningRate(), Tensor.of(step.learningRate().shape(), NetworkTask.LEARNING_RATE));
    return new SessionJob(session, isOnDevice);
  }

  /** The step before fusion. */
  static TrainingGraph step(Model model) {
    return TrainingGraph.of(model, new Sgd(NetworkTask.MOMENTUM, NetworkTask.WEIGHT_DECAY), 0);
  }

  @Override
  public Job inference(NetworkTask task) {
    Network network = network(task);
    network.session().write(network.images(), task.images());
    return new SessionJob(network.session(), isOnDevice);
  }

  /** A network that infers, with what the task asks for. */
  public Network network(NetworkTask task) {
    Model model = task.model(Mode.INFERENCE);
    Weights weights = task.weights(model);
    if (task.dtype() == DType.S8) {
      weights = QuantizedWeights.unmeasured(model.graph(), weights).toFile();
    }
    DType precision = task.dtype() == DType.S8 ? fastestFloats() : task.dtype();
    return Network.of(backend, model, weights, options(task), precision);
  }

  private static CompileOptions options(NetworkTask task) {
    return new CompileOptions(task.threads());
  }

  /** The type of what is not computed in 8-bit integers. */
  private DType fastestFloats() {
    if (isOnDevice) {
      return DType.F16;
    }
    return CpuRuntime.load().bf16() ? DType.BF16 : DType.F32;
  }

  @Override
  public Job convolution(ConvolutionTask task) {
    return SessionJob.of(task.shape().op(task.pass(), task.batch(), task.dtype()), task.threads());
  }
}
