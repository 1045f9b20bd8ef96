package dev.residual.bench.tensorflow;

import dev.residual.bench.Framework;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import org.tensorflow.TensorFlow;

/** TensorFlow: a graph in a session, channels last. */
public final class TensorFlowFramework implements Framework {

  /** The framework, for the service loader. */
  public TensorFlowFramework() {}

  @Override
  public String description() {
    return "TensorFlow "
        + TensorFlow.version()
        + " in Java, a graph, channels last; bf16 by its mixed-precision rewriter";
  }

  @Override
  public Job training(NetworkTask task) {
    return TrainingGraph.of(task);
  }

  @Override
  public Job inference(NetworkTask task) {
    return InferenceGraph.of(task);
  }
}
