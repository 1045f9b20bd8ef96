package dev.residual.io.onnx;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Reshape;
import dev.residual.graph.Softmax;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The model of a graph that tells what images show: images in, scores of classes out. */
final class ImageModel {
  private static final List<Integer> CHANNELS_FIRST = List.of(0, 3, 1, 2);

  private ImageModel() {}

  /**
   * The model of a graph.
   *
   * <p>A softmax at the end is left out, so that the results are scores. So is a transposition of
   * images n h w c at the beginning, and what other outputs than the first need.
   *
   * @throws IllegalArgumentException if the result is not n classes
   */
  static Model of(String name, OnnxGraph graph, int batch) {
    Value images = graph.inputs().values().iterator().next();
    List<Op> ops = new ArrayList<>(graph.graph().ops());
    Value scores = scores(ops, graph.outputs().values().iterator().next());
    List<Op> readers = ops.stream().filter(op -> op.inputs().contains(images)).toList();
    Value given = images;
    if (readers.size() == 1
        && readers.getFirst() instanceof Transpose first
        && first.axes().equals(CHANNELS_FIRST)) {
      Value turned = Value.input(images.name(), first.dst().shape());
      ops.remove(first);
      ops.replaceAll(op -> op.map(value -> value.equals(first.dst()) ? turned : value));
      given = turned;
    }
    Shape shape = scores.shape();
    if (shape.rank() < 1 || shape.dim(0) != batch) {
      throw new IllegalArgumentException(
          "of a batch of %d images it computes %s, expected %d rows"
              .formatted(batch, scores, batch));
    }
    if (shape.rank() != 2) {
      Shape rows = Shape.of(batch, Math.toIntExact(shape.elements() / batch));
      Value flat = Value.activation(scores.name() + ".rows", rows);
      ops.add(new Reshape(scores, flat));
      scores = flat;
    }
    return new Model(name, Graph.needed(ops, List.of(scores)), given, scores);
  }

  /** The value before a softmax and reshapes that compute another. */
  private static Value scores(List<Op> ops, Value output) {
    Value value = output;
    for (Op op : ops.reversed()) {
      if (!op.outputs().contains(value)) {
        continue;
      }
      if (op instanceof Softmax softmax && isOverAll(softmax)) {
        return softmax.src();
      }
      if (!(op instanceof Reshape reshape)) {
        return output;
      }
      value = reshape.src();
    }
    return output;
  }

  /** Whether a softmax is over all scores of an image. */
  private static boolean isOverAll(Softmax softmax) {
    Shape shape = softmax.src().shape();
    return shape.rank() > 0
        && shape.dim(softmax.axis()) == shape.elements() / shape.dim(0)
        && softmax.axis() > 0;
  }
}
