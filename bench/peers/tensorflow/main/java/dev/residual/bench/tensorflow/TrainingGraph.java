package dev.residual.bench.tensorflow;

import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gradients;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** Training steps: loss, gradients and momentum as one graph. */
record TrainingGraph(
    Graph graph, Session session, Operand<TFloat32> input, List<Op> targets, TFloat32 images)
    implements Job {

  static TrainingGraph of(NetworkTask task) {
    Model model = task.model(Mode.TRAINING);
    Weights weights = task.weights(model);
    Graph graph = new Graph();
    Ops tf = Ops.create(graph);
    Map<Value, Variable<TFloat32>> variables = new LinkedHashMap<>();
    for (Value value : Weights.values(model.graph())) {
      variables.put(value, tf.variable(tf.constant(Constants.weights(weights.get(value.name())))));
    }
    Placeholder<TFloat32> input = tf.placeholder(TFloat32.class);
    TensorFlowNetwork network =
        new TensorFlowNetwork(tf, value -> Objects.requireNonNull(variables.get(value)));
    Operand<TFloat32> logits = network.forward(model.graph(), model.images(), input);
    Operand<TFloat32> losses =
        tf.nn.softmaxCrossEntropyWithLogits(logits, tf.constant(oneHot(task))).loss();
    Operand<TFloat32> loss = tf.math.mean(losses, tf.constant(new int[] {0}));

    List<Variable<TFloat32>> parameters = new ArrayList<>();
    variables.forEach(
        (value, variable) -> {
          if (value.role() == Role.PARAMETER) {
            parameters.add(variable);
          }
        });
    Gradients gradients = tf.gradients(loss, parameters);
    List<Op> targets = new ArrayList<>(network.updates());
    Operand<TFloat32> decay = tf.constant((float) NetworkTask.WEIGHT_DECAY);
    Operand<TFloat32> rate = tf.constant(NetworkTask.LEARNING_RATE);
    Operand<TFloat32> momentum = tf.constant((float) NetworkTask.MOMENTUM);
    for (int i = 0; i < parameters.size(); i++) {
      Variable<TFloat32> parameter = parameters.get(i);
      Variable<TFloat32> velocity =
          tf.variable(tf.zeros(tf.constant(parameter.shape()), TFloat32.class));
      Operand<TFloat32> gradient =
          tf.math.add(gradients.<TFloat32>dy(i), tf.math.mul(parameter, decay));
      targets.add(tf.train.applyMomentum(parameter, velocity, rate, gradient, momentum));
    }
    Session session = new Session(graph, Constants.configuration(task));
    session.initialize();
    return new TrainingGraph(graph, session, input, targets, Constants.images(task.images()));
  }

  /** The other form of labels has no gradient in Java. */
  private static float[][] oneHot(NetworkTask task) {
    int[] labels = task.labels();
    float[][] rows = new float[labels.length][task.network().classes()];
    for (int i = 0; i < labels.length; i++) {
      rows[i][labels[i]] = 1;
    }
    return rows;
  }

  @Override
  public void run() {
    Session.Runner runner = session.runner().feed(input, images);
    targets.forEach(runner::addTarget);
    try (Result _ = runner.run()) {
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
