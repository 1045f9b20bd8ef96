package dev.residual.bench.tensorflow;

import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Value;
import dev.residual.nn.BatchNormFolding.Folded;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Inference with batch normalisation folded into constant weights. */
record InferenceGraph(
    Graph graph,
    Session session,
    Operand<TFloat32> input,
    Operand<TFloat32> output,
    TFloat32 images)
    implements Job {

  static InferenceGraph of(NetworkTask task) {
    Folded folded = task.folded();
    Graph graph = new Graph();
    Ops tf = Ops.create(graph);
    Placeholder<TFloat32> input = tf.placeholder(TFloat32.class);
    Value images = folded.graph().value("images");
    TensorFlowNetwork network =
        new TensorFlowNetwork(
            tf, value -> tf.constant(Constants.weights(folded.weights().get(value.name()))));
    Operand<TFloat32> output = network.forward(folded.graph(), images, input);
    Session session = new Session(graph, Constants.configuration(task));
    return new InferenceGraph(graph, session, input, output, Constants.images(task.images()));
  }

  @Override
  public void run() {
    try (Result _ = session.runner().feed(input, images).fetch(output).run()) {
      // Nothing is read.
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
    images.close();
  }
}
