package dev.residual.graph.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LossScalingTest {
  private static final Value RATE = Value.input("rate", Shape.SCALAR);
  private static final Value LABELS = Value.input("labels", Shape.of(4), DType.I32);

  private final GraphBuilder builder = new GraphBuilder();
  private final Value weights = builder.parameter("weights", Shape.of(3, 5));
  private final Value bias = builder.parameter("bias", Shape.of(3));
  private final Value logits =
      builder.linear("logits", builder.input("rows", Shape.of(4, 5)), weights, bias);
  private final Value loss = builder.softmaxCrossEntropy("loss", logits, LABELS, 0);
  private final Graph forward = builder.build(loss);

  private static Graph updated(Gradients gradients) {
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    gradients.of().forEach((p, g) -> ops.add(SgdUpdate.of(p, g, RATE)));
    return new Graph(ops, List.of());
  }

  private Graph step() {
    return updated(Gradients.of(forward, loss, List.of(weights, bias)));
  }

  private static <T extends Op> List<T> ops(Graph graph, Class<T> kind) {
    return graph.ops().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  @Test
  void theLossIsMultipliedAndTheUpdatesUndoIt() {
    Graph step = step();
    Graph scaled = LossScaling.of(step);
    LossScaleUpdate scale = ops(scaled, LossScaleUpdate.class).getFirst();
    List<SgdUpdate> updates = ops(scaled, SgdUpdate.class);
    assertThat(scale)
        .isEqualTo(LossScaleUpdate.of(updates.stream().map(SgdUpdate::gradient).toList()));
    assertThat(ops(scaled, SoftmaxCrossEntropyBackward.class))
        .extracting(SoftmaxCrossEntropyBackward::diffLoss)
        .containsExactly(scale.scale());
    assertThat(updates).hasSize(2).allMatch(update -> scale.factor().equals(update.factor()));
    assertThat(scaled.ops()).hasSize(step.ops().size() + 1);
    assertThat(scaled.ops().indexOf(scale)).isEqualTo(scaled.ops().indexOf(updates.getFirst()) - 1);
    assertThat(scaled.values(Role.STATE)).containsExactly(scale.scale(), scale.goodSteps());
    assertThat(scaled.outputs()).isEqualTo(step.outputs());
  }

  @Test
  void aForwardPassStaysAsItIs() {
    assertThat(LossScaling.of(forward)).isSameAs(forward);
  }

  @Test
  void theScaleStaysInFullPrecision() {
    Graph narrow = MixedPrecision.of(LossScaling.of(step()), DType.F16);
    LossScaleUpdate scale = ops(narrow, LossScaleUpdate.class).getFirst();
    assertThat(scale.inputs().stream().map(Value::dtype).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder(DType.F32, DType.I32);
    assertThat(ops(narrow, SgdUpdate.class)).allMatch(op -> scale.factor().equals(op.factor()));
    assertThat(narrow.values()).anyMatch(value -> value.dtype() == DType.F16);
  }

  @Test
  void gradientsThatComeFromElsewhereAreRefused() {
    Value seed = Value.input("seed", logits.shape());
    Graph seeded = updated(Gradients.of(forward, Map.of(logits, seed), List.of(weights)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaling.of(seeded))
        .withMessage("LossScaling: diff_weights F32 3x5 does not come from a loss of the graph");
    Value factor = Value.input("factor", Shape.SCALAR);
    Graph multiplied = updated(Gradients.of(forward, Map.of(loss, factor), List.of(weights)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaling.of(multiplied))
        .withMessage("LossScaling: diff_logits F32 4x3 is multiplied already");
    Graph once = LossScaling.of(step());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LossScaling.of(once))
        .withMessageContaining("is multiplied already");
  }
}
