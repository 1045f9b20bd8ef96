package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SgdTest {
  private static final double RATE = 0.5;

  /** A linear layer of a zero input: the logits are the two biases, b and -b. */
  @ParameterizedTest
  @CsvSource({"0, 0, false", "0, 0.1, false", "0.9, 0, false", "0.9, 0.1, false", "0.9, 0.1, true"})
  void threeStepsFollowTheFormula(double momentum, double decay, boolean nesterov) {
    TrainingGraph graph = TrainingGraph.of(biasOnly(), new Sgd(momentum, decay, nesterov, true), 0);
    double bias = 0.25;
    double velocity = 0;
    try (Session session = Backends.reference().compile(graph.graph())) {
      session.write(graph.images(), Tensor.of(Shape.of(1, 1), new double[] {0}));
      session.write(graph.labels(), Tensor.of(Shape.of(1), 0));
      session.write(graph.learningRate(), Tensor.of(Shape.SCALAR, RATE));
      Value parameter = graph.graph().value("bias");
      session.write(parameter, Tensor.of(Shape.of(2), bias, -bias));
      for (int step = 0; step < 3; step++) {
        session.run();
        // The softmax of the first is 1 / (1 + exp(-2b)), and it is the label's.
        double gradient = 1 / (1 + Math.exp(-2 * bias)) - 1 + decay * bias;
        velocity = momentum * velocity + gradient;
        bias -= RATE * (nesterov ? gradient + momentum * velocity : velocity);
        double[] found = session.read(parameter).toDoubles();
        assertThat(found[0]).isCloseTo(bias, Offset.offset(1e-14));
        assertThat(found[1]).isCloseTo(-bias, Offset.offset(1e-14));
      }
    }
  }

  @Test
  void everyParameterIsUpdatedOnceWithItsVelocity() {
    TrainingGraph graph = TinyNetwork.trainingGraph(2, new Sgd(0.9, 1e-4));
    List<SgdUpdate> updates = updates(graph.graph());
    assertThat(updates.stream().map(SgdUpdate::parameter))
        .containsExactlyInAnyOrderElementsOf(graph.graph().values(Role.PARAMETER));
    assertThat(updates)
        .allSatisfy(
            update -> {
              assertThat(update.velocity()).isNotNull();
              assertThat(update.velocity().name())
                  .isEqualTo("velocity." + update.parameter().name());
              assertThat(update.velocity().role()).isEqualTo(Role.STATE);
              assertThat(update.gradient()).isEqualTo(graph.gradients().get(update.parameter()));
              assertThat(update.weightDecay()).isEqualTo(1e-4);
            });
  }

  @Test
  void vectorsCanBeSparedTheDecay() {
    TrainingGraph graph = TinyNetwork.trainingGraph(2, new Sgd(0.9, 1e-4, false, false));
    assertThat(updates(graph.graph()))
        .allSatisfy(
            update ->
                assertThat(update.weightDecay())
                    .isEqualTo(update.parameter().shape().rank() == 1 ? 0 : 1e-4));
  }

  @Test
  void withoutMomentumThereIsNoVelocity() {
    assertThat(updates(TinyNetwork.trainingGraph(2, new Sgd(0, 0)).graph()))
        .isNotEmpty()
        .allSatisfy(update -> assertThat(update.velocity()).isNull());
  }

  @Test
  void wrongNumbersAreRefused() {
    assertThatThrownBy(() -> new Sgd(1.5, 0)).hasMessageContaining("momentum is 1.5");
    assertThatThrownBy(() -> new Sgd(0.9, -1)).hasMessageContaining("weight decay is -1.0");
    assertThatThrownBy(() -> new Sgd(0, 0, true, true)).hasMessageContaining("Nesterov");
  }

  private static List<SgdUpdate> updates(Graph graph) {
    return graph.ops().stream()
        .filter(SgdUpdate.class::isInstance)
        .map(SgdUpdate.class::cast)
        .toList();
  }

  private static Model biasOnly() {
    GraphBuilder builder = new GraphBuilder(DType.F64);
    Value images = builder.input("images", Shape.of(1, 1));
    Value weights = builder.parameter("weight", Shape.of(2, 1));
    Value bias = builder.parameter("bias", Shape.of(2));
    Value logits = builder.linear("logits", images, weights, bias);
    return new Model("bias", builder.build(logits), images, logits);
  }
}
