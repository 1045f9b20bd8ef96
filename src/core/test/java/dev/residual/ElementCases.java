package dev.residual;

import dev.residual.graph.Add;
import dev.residual.graph.Cast;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Normalize;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rows of elementwise operations and of the optimiser. */
final class ElementCases {
  private ElementCases() {}

  static Stream<OpCase> all() {
    Stream<OpCase> activations =
        Stream.of(
                Shape.of(2, 5, 7, 9),
                Shape.of(1, 16, 4, 4),
                Shape.of(2, 64, 3, 3),
                Shape.of(3, 10),
                Shape.of(1037))
            .flatMap(ElementCases::activations);
    Stream<OpCase> updates =
        Stream.of(Shape.of(16, 3, 3, 3), Shape.of(1037)).flatMap(ElementCases::updates);
    Stream<OpCase> scales =
        Stream.of(List.of(Shape.of(1037)), List.of(Shape.of(16, 3, 3, 3), Shape.of(16)))
            .flatMap(ElementCases::lossScales);
    Stream<OpCase> colours =
        Stream.of(Shape.of(2, 3, 5, 7), Shape.of(1, 1, 4, 4), Shape.of(2, 17, 3, 3))
            .map(s -> new OpCase("normalize " + s, 1, t -> normalize(s, t)));
    return Stream.of(activations, updates, scales, colours).flatMap(cases -> cases);
  }

  private static Stream<OpCase> activations(Shape s) {
    return Stream.of(
        new OpCase(
            "relu " + s,
            1,
            t -> {
              Values values = new Values(t);
              return Graph.of(new Relu(values.input("src", s.dims()), values.activation("dst", s)));
            }),
        new OpCase(
            "relu backward " + s,
            1,
            t -> {
              Values values = new Values(t);
              return Graph.of(
                  new ReluBackward(
                      values.input("dst", s.dims()),
                      values.input("diffDst", s.dims()),
                      values.activation("diffSrc", s)));
            }),
        new OpCase(
            "add " + s,
            1,
            t -> {
              Values values = new Values(t);
              return Graph.of(
                  new Add(
                      values.input("src0", s.dims()),
                      values.input("src1", s.dims()),
                      values.activation("dst", s)));
            }),
        new OpCase("cast to half " + s, 1, t -> cast(s, DType.F32, DType.BF16)),
        new OpCase("cast from half " + s, 1, t -> cast(s, DType.BF16, DType.F32)),
        new OpCase("dropout 0 " + s, 1, t -> dropout(s, t, 0)),
        new OpCase("dropout 0.4 " + s, 1, t -> dropout(s, t, 0.4)),
        new OpCase("dropout 0 backward " + s, 1, t -> dropoutBackward(s, t, 0)),
        new OpCase("dropout 0.4 backward " + s, 1, t -> dropoutBackward(s, t, 0.4)),
        new OpCase("dropout of rows " + s, 1, t -> rowDropout(s, t)),
        new OpCase("dropout of rows, backward " + s, 1, t -> rowDropoutBackward(s, t)));
  }

  private static Graph normalize(Shape s, DType dtype) {
    List<Float> mean = new ArrayList<>();
    List<Float> std = new ArrayList<>();
    for (int c = 0; c < s.dim(1); c++) {
      mean.add(0.1f * c - 0.3f);
      std.add(0.2f + 0.1f * c);
    }
    Value dst = Value.activation("dst", s, dtype);
    return Graph.of(new Normalize(Value.input("src", s, DType.U8), mean, std, dst));
  }

  private static Graph cast(Shape s, DType from, DType to) {
    return Graph.of(new Cast(Value.input("src", s, from), Value.activation("dst", s, to)));
  }

  private static Graph dropout(Shape s, DType dtype, double probability) {
    Values values = new Values(dtype);
    return Graph.of(
        new Dropout(
            values.input("src", s.dims()),
            values.random(),
            values.activation("dst", s),
            values.bytes("mask", s),
            probability));
  }

  private static Graph rowDropout(Shape s, DType dtype) {
    Values values = new Values(dtype);
    return Graph.of(Dropout.ofRows("dst", values.input("src", s.dims()), values.random(), 0.5));
  }

  private static Graph rowDropoutBackward(Shape s, DType dtype) {
    Values values = new Values(dtype);
    Value mask = Value.input("mask", Shape.of(s.dim(0)), DType.U8);
    Value diffSrc = values.activation("diffSrc", s);
    return Graph.of(new DropoutBackward(values.input("diffDst", s.dims()), mask, diffSrc, 0.3));
  }

  private static Graph dropoutBackward(Shape s, DType dtype, double probability) {
    Values values = new Values(dtype);
    return Graph.of(
        new DropoutBackward(
            values.input("diffDst", s.dims()),
            Value.input("mask", s, DType.U8),
            values.activation("diffSrc", s),
            probability));
  }

  private static Stream<OpCase> updates(Shape s) {
    return Stream.of(
        new OpCase("sgd " + s, 1, t -> sgd(s, t, 0, 0, false)),
        new OpCase("sgd weight decay " + s, 1, t -> sgd(s, t, 0, 0.01, false)),
        new OpCase("sgd momentum " + s, 1, t -> sgd(s, t, 0.9, 0, false)),
        new OpCase("sgd momentum, weight decay " + s, 1, t -> sgd(s, t, 0.9, 0.01, false)),
        new OpCase("sgd nesterov, weight decay " + s, 1, t -> sgd(s, t, 0.9, 0.01, true)),
        new OpCase("sgd scaled " + s, 1, t -> scaledSgd(s, t, 0, 0, false)),
        new OpCase("sgd scaled, momentum " + s, 1, t -> scaledSgd(s, t, 0.9, 0.01, false)),
        new OpCase("sgd scaled, nesterov " + s, 1, t -> scaledSgd(s, t, 0.9, 0.01, true)));
  }

  /** The scale is doubled after each good step, or in the second run. */
  private static Stream<OpCase> lossScales(List<Shape> shapes) {
    return Stream.of(1, 2, 2000)
        .map(
            interval ->
                new OpCase(
                    "loss scale " + shapes + ", interval " + interval,
                    1,
                    t -> Graph.of(lossScale(shapes, t).withGrowthInterval(interval))));
  }

  private static LossScaleUpdate lossScale(List<Shape> shapes, DType dtype) {
    List<Value> gradients = new ArrayList<>();
    for (Shape shape : shapes) {
      gradients.add(Value.input("gradient" + gradients.size(), shape, dtype));
    }
    return LossScaleUpdate.of(gradients);
  }

  private static Graph scaledSgd(
      Shape s, DType dtype, double momentum, double weightDecay, boolean nesterov) {
    SgdUpdate plain = sgdUpdate(s, dtype, momentum, weightDecay, nesterov);
    return Graph.of(plain.withFactor(new Values(dtype).input("factor")));
  }

  private static Graph sgd(
      Shape s, DType dtype, double momentum, double weightDecay, boolean nesterov) {
    return Graph.of(sgdUpdate(s, dtype, momentum, weightDecay, nesterov));
  }

  private static SgdUpdate sgdUpdate(
      Shape s, DType dtype, double momentum, double weightDecay, boolean nesterov) {
    Values values = new Values(dtype);
    return new SgdUpdate(
        values.parameter("parameter", s.dims()),
        values.input("gradient", s.dims()),
        momentum > 0 ? values.state("velocity", s.dims()) : null,
        values.input("learningRate"),
        momentum,
        weightDecay,
        nesterov);
  }
}
