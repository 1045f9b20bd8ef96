package dev.residual;

import dev.residual.graph.BiasGradient;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.stream.Stream;

/** The rows of the classifier: the fully connected layer and the loss. */
final class DenseCases {
  private DenseCases() {}

  static Stream<OpCase> all() {
    return Stream.of(
            Stream.of(
                    new Geometry(3, 17, 5),
                    new Geometry(8, 64, 10),
                    new Geometry(1, 33, 100),
                    new Geometry(5, 1, 1))
                .flatMap(DenseCases::linears),
            Stream.of(Shape.of(7, 10), Shape.of(1, 3), Shape.of(4, 1000))
                .flatMap(
                    s ->
                        Stream.of(
                                new Loss(0, 1),
                                new Loss(0.1, 1),
                                new Loss(0, -0.3),
                                new Loss(0.2, 0.3))
                            .flatMap(
                                loss ->
                                    Stream.of(false, true).flatMap(soft -> losses(s, loss, soft)))),
            Stream.of(Shape.of(7, 10), Shape.of(2, 24, 31, 31), Shape.of(3, 5, 7, 9))
                .map(DenseCases::bias),
            Stream.of(Shape.of(7, 10), Shape.of(33, 1000), Shape.of(1, 1))
                .flatMap(s -> Stream.of(true, false).map(all -> counts(s, all))))
        .flatMap(cases -> cases);
  }

  private record Geometry(int n, int i, int o) {

    @Override
    public String toString() {
      return n + "x" + i + " to " + o;
    }
  }

  private record Loss(double smoothing, double weight) {}

  /** The rows of one linear layer. */
  static Stream<OpCase> linears(int images, int channelsIn, int channelsOut) {
    return linears(new Geometry(images, channelsIn, channelsOut));
  }

  private static Stream<OpCase> linears(Geometry g) {
    return Stream.of(
        new OpCase("linear " + g, g.i, t -> linear(g, t, false)),
        new OpCase("linear+bias " + g, g.i, t -> linear(g, t, true)),
        new OpCase(
            "linear backward data " + g,
            g.o,
            t -> {
              Values values = new Values(t);
              return Graph.of(
                  new LinearBackwardData(
                      values.input("diffDst", g.n, g.o),
                      values.parameter("weights", g.o, g.i),
                      values.activation("diffSrc", g.n, g.i)));
            }),
        new OpCase("linear backward weights " + g, g.n, t -> backwardWeights(g, t, false)),
        new OpCase("linear backward weights+bias " + g, g.n, t -> backwardWeights(g, t, true)));
  }

  private static OpCase bias(Shape s) {
    return new OpCase(
        "bias gradient " + s,
        Math.toIntExact(s.elements() / s.dim(1)),
        t -> {
          Values values = new Values(t);
          Value diffBias = values.activation("diffBias", s.dim(1));
          return Graph.of(new BiasGradient(values.input("diffDst", s.dims()), diffBias));
        });
  }

  private static Graph linear(Geometry g, DType dtype, boolean bias) {
    Values values = new Values(dtype);
    return Graph.of(
        new Linear(
            values.input("src", g.n, g.i),
            values.parameter("weights", g.o, g.i),
            bias ? values.parameter("bias", g.o) : null,
            values.activation("dst", g.n, g.o)));
  }

  private static Graph backwardWeights(Geometry g, DType dtype, boolean bias) {
    Values values = new Values(dtype);
    return Graph.of(
        new LinearBackwardWeights(
            values.input("src", g.n, g.i),
            values.input("diffDst", g.n, g.o),
            values.activation("diffWeights", g.o, g.i),
            bias ? values.activation("diffBias", g.o) : null));
  }

  private static Stream<OpCase> losses(Shape s, Loss loss, boolean soft) {
    String name =
        "%s, smoothing %s%s%s"
            .formatted(
                s,
                loss.smoothing,
                loss.weight == 1 ? "" : ", weight " + loss.weight,
                soft ? ", soft" : "");
    return Stream.of(
        new OpCase(
            "cross-entropy " + name,
            s.dim(1),
            t -> {
              Values values = new Values(t);
              return Graph.of(
                  new SoftmaxCrossEntropy(
                      values.input("logits", s.dims()),
                      soft ? values.targets(s) : values.labels(s.dim(0)),
                      values.activation("loss", Shape.SCALAR),
                      loss.smoothing,
                      loss.weight));
            }),
        new OpCase(
            "cross-entropy backward " + name, s.dim(1), t -> lossBackward(s, t, loss, soft, false)),
        new OpCase(
            "cross-entropy backward, scaled " + name,
            s.dim(1),
            t -> lossBackward(s, t, loss, soft, true)));
  }

  private static OpCase counts(Shape s, boolean all) {
    Value rows = all ? null : Value.input("rows", Shape.SCALAR, DType.I32);
    return new OpCase(
        "top-k " + s + (all ? "" : ", some rows"),
        1,
        t -> {
          Values values = new Values(t);
          Value logits = values.input("logits", s.dims());
          return Graph.of(TopK.of("counts", logits, values.labels(s.dim(0)), rows, 1, 5));
        });
  }

  private static Graph lossBackward(Shape s, DType dtype, Loss loss, boolean soft, boolean scaled) {
    Values values = new Values(dtype);
    return Graph.of(
        new SoftmaxCrossEntropyBackward(
            values.input("logits", s.dims()),
            soft ? values.targets(s) : values.labels(s.dim(0)),
            scaled ? values.input("diffLoss") : null,
            values.activation("diffLogits", s),
            loss.smoothing,
            loss.weight));
  }
}
