package dev.residual;

import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The rows of optimisers beside plain gradient descent, and of what they are made of. */
final class UpdateCases {
  /** Errors of a Newton-Schulz step grow with small singular values. */
  private static final int MUON_TERMS = 1000;

  private UpdateCases() {}

  static Stream<OpCase> all() {
    // Vectors alone, elements behind them, more than one thread or block.
    List<Shape> shapes =
        List.of(Shape.of(1037), Shape.of(16, 3, 3, 3), Shape.of(1), Shape.of(130, 200));
    Stream<OpCase> steps = shapes.stream().flatMap(UpdateCases::steps);
    // Wide, tall, square, one row, one column, beyond a tile, not whole tiles.
    Stream<OpCase> matrices =
        Stream.of(
                Shape.of(8, 3, 3, 3),
                Shape.of(70, 5),
                Shape.of(12, 12),
                Shape.of(1, 9),
                Shape.of(9, 1),
                Shape.of(67, 130),
                Shape.of(130, 17, 3, 3))
            .flatMap(UpdateCases::muon);
    Stream<OpCase> clips =
        Stream.of(List.of(Shape.of(1037)), shapes, List.of(Shape.of(16, 3, 3, 3), Shape.of(9, 1)))
            .flatMap(UpdateCases::clips);
    return Stream.of(steps, matrices, clips).flatMap(cases -> cases);
  }

  private static Stream<OpCase> steps(Shape s) {
    return Stream.of(
        new OpCase("lerp " + s, 1, t -> lerp(s, t, false)),
        new OpCase("lerp of a state " + s, 1, t -> lerp(s, t, true)),
        update("adamw " + s, 1, s, UpdateCases::adamW, false),
        update("adamw scaled " + s, 1, s, UpdateCases::adamW, true),
        update("lars " + s, 64, s, UpdateCases::lars, false),
        update("lars scaled " + s, 64, s, UpdateCases::lars, true));
  }

  private static Graph lerp(Shape s, DType dtype, boolean isState) {
    Values values = new Values(dtype);
    return Graph.of(
        new Lerp(
            isState ? values.state("target", s.dims()) : values.parameter("target", s.dims()),
            values.input("source", s.dims()),
            values.input("share")));
  }

  private static AdamWUpdate adamW(Values values, Shape s) {
    return AdamWUpdate.of(
        values.parameter("parameter", s.dims()),
        values.input("gradient", s.dims()),
        values.input("rate"),
        new AdamWUpdate.Settings(0.9, 0.99, 1e-3, 0.1));
  }

  private static LarsUpdate lars(Values values, Shape s) {
    return LarsUpdate.of(
        values.parameter("parameter", s.dims()),
        values.input("gradient", s.dims()),
        values.input("rate"),
        0.02,
        0.9,
        0.01);
  }

  private static Stream<OpCase> muon(Shape s) {
    return Stream.of(
        muon("muon " + s, s, new MuonUpdate.Settings(0.95, 0.1, 5, false), false),
        muon("muon scaled " + s, s, new MuonUpdate.Settings(0, 0, 2, false), true),
        muon("muon normalised " + s, s, new MuonUpdate.Settings(0.6, 0, 3, true), false));
  }

  private static OpCase muon(
      String name, Shape shape, MuonUpdate.Settings settings, boolean isScaled) {
    return update(
        name,
        MUON_TERMS,
        shape,
        (values, s) ->
            MuonUpdate.of(
                values.parameter("parameter", s.dims()),
                values.input("gradient", s.dims()),
                values.input("rate"),
                settings),
        isScaled);
  }

  private interface Step {
    ParameterUpdate of(Values values, Shape shape);
  }

  private static OpCase update(String name, int terms, Shape s, Step step, boolean isScaled) {
    Function<DType, Graph> graph =
        t -> {
          Values values = new Values(t);
          ParameterUpdate update = step.of(values, s);
          return Graph.of(isScaled ? update.withFactor(values.input("factor")) : update);
        };
    return new OpCase(name, terms, graph);
  }

  private static Stream<OpCase> clips(List<Shape> shapes) {
    return Stream.of(0.5, 1e6)
        .flatMap(
            most ->
                Stream.of(false, true)
                    .map(
                        isGiven ->
                            new OpCase(
                                "clip to %s %s%s".formatted(most, shapes, isGiven ? " given" : ""),
                                64,
                                t -> clip(shapes, t, most, isGiven))));
  }

  private static Graph clip(List<Shape> shapes, DType dtype, double most, boolean isGiven) {
    Values values = new Values(dtype);
    List<Value> gradients = new ArrayList<>();
    for (Shape shape : shapes) {
      gradients.add(values.input("gradient" + gradients.size(), shape.dims()));
    }
    return Graph.of(GradientClip.of(gradients, isGiven ? values.input("given") : null, most));
  }
}
