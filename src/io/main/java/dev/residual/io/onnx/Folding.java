package dev.residual.io.onnx;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The evaluation of operations on constants when a graph is read. */
final class Folding {
  /** About a second of plain Java. More is left to the runs. */
  private static final long MOST_FLOPS = 1L << 30;

  private Folding() {}

  /** Defines the outputs of a node, all of whose inputs are constants, as constants. */
  static void fold(Node node, Translator translator, Translation to) {
    Translation apart = to.apart();
    translator.translate(node, apart);
    long flops = apart.ops().stream().mapToLong(op -> Cost.of(op).flops()).sum();
    if (flops > MOST_FLOPS) {
      translator.translate(node, to);
      return;
    }
    List<Operand> results = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < node.outputs(); i++) {
      Operand result = apart.find(node.output(i));
      if (result != null && result.constant() == null) {
        results.add(result);
        values.add(result.value());
        to.charge(node, result.shape().elements());
      } else if (result != null) {
        to.define(result);
      }
    }
    if (values.isEmpty()) {
      return;
    }
    apart.ops().forEach(op -> op.outputs().forEach(v -> to.charge(node, v.shape().elements())));
    Graph graph = new Graph(apart.ops(), values);
    try (Session session = Backends.reference().compile(graph)) {
      List<Value> constants = new ArrayList<>(graph.values(Role.PARAMETER));
      constants.addAll(graph.values(Role.STATE));
      new Weights(apart.weights()).writeTo(session, constants);
      session.run();
      for (int i = 0; i < values.size(); i++) {
        Tensor tensor = session.read(values.get(i));
        Shape shape = results.get(i).shape();
        to.define(Operand.constant(results.get(i).name(), tensor.reshape(shape)));
      }
    }
  }
}
