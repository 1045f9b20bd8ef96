package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import org.junit.jupiter.api.Test;

class WeightCastsTest {
  private final GraphBuilder builder = new GraphBuilder();
  private final Value weights = builder.parameter("weights", Shape.of(4, 4));

  /** Whether the cast of the weights is left out. */
  private boolean isOmitted(Value... outputs) {
    Graph graph = MixedPrecision.of(builder.build(outputs), DType.BF16);
    Op cast =
        graph.ops().stream().filter(op -> op.inputs().contains(weights)).findFirst().orElseThrow();
    assertThat(cast.kind()).isEqualTo("Cast");
    return new WeightCasts(graph).isOmitted(cast.outputs().getFirst());
  }

  @Test
  void castsOfWeightsAreLeftOut() {
    Value src = builder.input("src", Shape.of(2, 4));
    assertThat(isOmitted(builder.linear("dst", src, weights, null))).isTrue();
  }

  @Test
  void castsThatAnotherOperationReadsAreNot() {
    Value src = builder.input("src", Shape.of(2, 4));
    Value dst = builder.linear("dst", src, weights, null);
    assertThat(isOmitted(dst, builder.relu("relu", weights))).isFalse();
  }

  @Test
  void castsThatTheSameOperationReadsOnceMoreAreNot() {
    assertThat(isOmitted(builder.linear("dst", weights, weights, null))).isFalse();
  }
}
