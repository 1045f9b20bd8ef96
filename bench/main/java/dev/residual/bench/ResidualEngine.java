package dev.residual.bench;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Fusion;
import dev.residual.graph.Graph;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;

/** Residual itself, on the CPU. */
final class ResidualEngine implements Engine {
  private final Backend backend = Backends.cpu();

  @Override
  public String description() {
    CpuRuntime runtime = CpuRuntime.load();
    return "Residual over %s %s%s"
        .formatted(
            runtime.library(),
            runtime.version(),
            runtime.kernels().isPresent() ? "" : ", without its own kernels");
  }

  @Override
  public Job training(NetworkTask task) {
    Model model = task.model(Mode.TRAINING);
    TrainingGraph step = step(task, model).fused(backend::supports);
    Session session = backend.compile(step.graph(), new CompileOptions(task.threads()));
    task.weights(model).writeTo(session);
    session.write(step.images(), task.images().to(step.images().dtype()));
    session.write(step.labels(), Tensor.of(step.labels().shape(), task.labels()));
    session.write(
        step.learningRate(), Tensor.of(step.learningRate().shape(), NetworkTask.LEARNING_RATE));
    return new SessionJob(session);
  }

  /** The step before fusion. */
  static TrainingGraph step(NetworkTask task, Model model) {
    requireF32(task.dtype());
    return TrainingGraph.of(model, new Sgd(NetworkTask.MOMENTUM, NetworkTask.WEIGHT_DECAY), 0);
  }

  @Override
  public Job inference(NetworkTask task) {
    requireF32(task.dtype());
    Folded folded = task.folded();
    Graph graph = Fusion.fuse(folded.graph(), backend::supports);
    Session session = backend.compile(graph, new CompileOptions(task.threads()));
    folded.weights().writeTo(session);
    session.write(graph.value("images"), task.images());
    return new SessionJob(session);
  }

  @Override
  public Job convolution(ConvolutionTask task) {
    return SessionJob.of(task.shape().op(task.pass(), task.batch(), task.dtype()), task.threads());
  }

  static void requireF32(DType dtype) {
    if (dtype != DType.F32) {
      throw new UnsupportedOperationException("networks are F32 in this version, not " + dtype);
    }
  }
}
