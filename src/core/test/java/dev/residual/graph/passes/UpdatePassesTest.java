package dev.residual.graph.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Lerp;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What accumulation and clipping make of a graph, and what they refuse. */
class UpdatePassesTest {
  private static final Value RATE = Value.input("rate", Shape.SCALAR);
  private static final Value SHARE = Value.input("share", Shape.SCALAR);
  private static final Value FACTOR = Value.input("factor", Shape.SCALAR);

  private final Value weights;
  private final Value bias;
  private final Graph forward;
  private final Graph step;

  UpdatePassesTest() {
    GraphBuilder builder = new GraphBuilder();
    weights = builder.parameter("weights", Shape.of(3, 5));
    bias = builder.parameter("bias", Shape.of(3));
    Value logits = builder.linear("logits", builder.input("rows", Shape.of(4, 5)), weights, bias);
    Value labels = Value.input("labels", Shape.of(4), DType.I32);
    Value loss = builder.softmaxCrossEntropy("loss", logits, labels, 0);
    forward = builder.build(loss);
    Gradients gradients = Gradients.of(forward, loss, List.of(weights, bias));
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    gradients.of().forEach((p, g) -> ops.add(SgdUpdate.of(p, g, RATE)));
    step = new Graph(ops, List.of(loss));
  }

  private static <T extends Op> List<T> ops(Graph graph, Class<T> kind) {
    return graph.ops().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** So that the memory of a gradient is free again. */
  @Test
  void aGradientIsAccumulatedWhereItIsComputed() {
    Graph accumulated = GradientAccumulation.of(step, SHARE, FACTOR);
    List<Op> ops = accumulated.ops();
    for (SgdUpdate update : ops(accumulated, SgdUpdate.class)) {
      Value mean = update.gradient();
      assertThat(mean.name()).isEqualTo("accumulated." + update.parameter().name());
      assertThat(mean.role()).isEqualTo(Role.STATE);
      assertThat(update.factor()).isEqualTo(FACTOR);
      Lerp lerp =
          ops(accumulated, Lerp.class).stream()
              .filter(op -> op.target().equals(mean))
              .findFirst()
              .orElseThrow();
      assertThat(lerp.share()).isEqualTo(SHARE);
      List<Op> before = ops.subList(0, ops.indexOf(lerp)).reversed();
      Op computing = before.stream().filter(op -> !(op instanceof Lerp)).findFirst().orElseThrow();
      assertThat(computing.outputs()).contains(lerp.source());
    }
    assertThat(ops(accumulated, Lerp.class)).hasSize(2);
    assertThat(accumulated.outputs()).isEqualTo(step.outputs());
  }

  @Test
  void aGradientThatIsGivenIsAccumulatedBeforeItsUpdate() {
    Value gradient = Value.input("gradient", weights.shape());
    SgdUpdate update = SgdUpdate.of(weights, gradient, RATE);
    Graph accumulated = GradientAccumulation.of(Graph.of(update), SHARE, FACTOR);
    Value mean = Value.state("accumulated.weights", weights.shape(), DType.F32);
    assertThat(accumulated.ops())
        .containsExactly(
            new Lerp(mean, gradient, SHARE), update.withGradient(mean).withFactor(FACTOR));
  }

  @Test
  void eachPassMultipliesWhatTheOneBeforeHasGiven() {
    Graph scaled = LossScaling.of(GradientAccumulation.of(step, SHARE, FACTOR));
    Graph clipped = GradientClipping.of(scaled, 0.5);
    LossScaleUpdate scale = ops(clipped, LossScaleUpdate.class).getFirst();
    GradientClip clip = ops(clipped, GradientClip.class).getFirst();
    assertThat(scale.given()).isEqualTo(FACTOR);
    assertThat(clip.given()).isEqualTo(scale.factor());
    assertThat(clip.maxNorm()).isEqualTo(0.5);
    List<SgdUpdate> updates = ops(clipped, SgdUpdate.class);
    assertThat(updates).hasSize(2).allMatch(update -> clip.factor().equals(update.factor()));
    List<Value> means = updates.stream().map(SgdUpdate::gradient).toList();
    assertThat(scale.gradients()).isEqualTo(means);
    assertThat(clip.gradients()).isEqualTo(means);
    List<Op> ops = clipped.ops();
    int first = ops.indexOf(updates.getFirst());
    assertThat(ops.subList(first - 2, first)).containsExactly(scale, clip);
  }

  @Test
  void aForwardPassStaysAsItIs() {
    assertThat(GradientClipping.of(forward, 1)).isSameAs(forward);
    assertThat(GradientAccumulation.of(forward, SHARE, FACTOR).ops()).isEqualTo(forward.ops());
  }

  @Test
  void anotherOrderIsRefused() {
    Graph clipped = GradientClipping.of(step, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaling.of(clipped))
        .withMessageContaining("LossScaling: ")
        .withMessageContaining("is multiplied already");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientAccumulation.of(clipped, SHARE, FACTOR))
        .withMessageContaining("GradientAccumulation: ")
        .withMessageContaining("is multiplied already");
  }

  @Test
  void updatesOfSeveralFactorsAreRefused() {
    Value gradient = Value.input("gradient", bias.shape());
    Value other = Value.input("other", weights.shape());
    SgdUpdate first = SgdUpdate.of(bias, gradient, RATE).withFactor(FACTOR);
    SgdUpdate second = SgdUpdate.of(weights, other, RATE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientClipping.of(new Graph(List.of(first, second), List.of()), 1))
        .withMessage(
            "GradientClipping: gradient F32 3 is multiplied by factor F32 scalar, and"
                + " other F32 3x5 by null");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientClipping.of(new Graph(List.of(second, first), List.of()), 1));
  }

  @Test
  void wrongNumbersAndShapesAreRefused() {
    for (double norm : new double[] {0, -1, Double.NaN, 1 / 0.0}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> GradientClipping.of(step, norm))
          .withMessageContaining("the largest norm is " + norm + ", it must be above 0 and finite");
    }
    Value vector = Value.input("vector", Shape.of(2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientAccumulation.of(step, vector, FACTOR))
        .withMessageContaining("vector F32 2 must have shape scalar (one share)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientAccumulation.of(step, SHARE, vector))
        .withMessageContaining("vector F32 2 must have shape scalar (one factor)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Lerp(FACTOR, RATE, SHARE))
        .withMessage("Lerp: factor F32 scalar is neither a parameter nor a state");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Lerp(weights, weights, SHARE))
        .withMessageContaining("weights F32 3x5 is target and source");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GradientClip.of(List.of(), null, 1))
        .withMessage("GradientClip: no gradients are given for clipped_factor F32 scalar");
  }
}
