package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Gradients;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Mode;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {

  private static Graph training(int batch) {
    GraphBuilder builder = new GraphBuilder();
    Value images = builder.input("images", Shape.of(batch, 3, 32, 32));
    Value logits = ResNet.named("resnet20-cifar").addTo(builder, images, Mode.TRAINING);
    Value labels = Value.input("labels", Shape.of(batch), DType.I32);
    Value loss = builder.softmaxCrossEntropy("loss", logits, labels, 0);
    Graph forward = builder.build(logits, loss);
    return Gradients.of(forward, loss, forward.values(Role.PARAMETER)).graph();
  }

  /** Plays the graph: nothing may overwrite a value that is still to be read. */
  @Test
  void noValueOverwritesOneThatIsStillNeeded() {
    Graph graph = training(3);
    MemoryPlan plan = MemoryPlan.of(graph, Value::bytes);
    Map<Long, Value> owners = new HashMap<>();
    for (Op op : graph.ops()) {
      for (Value input : op.inputs()) {
        if (input.role() == Role.ACTIVATION) {
          assertOwned(owners, plan, input, op);
        }
      }
      op.outputs().forEach(output -> own(owners, plan, output));
      for (Value output : op.outputs()) {
        assertOwned(owners, plan, output, op);
      }
    }
    graph.outputs().forEach(output -> assertOwned(owners, plan, output, graph.ops().getLast()));
  }

  private static void own(Map<Long, Value> owners, MemoryPlan plan, Value value) {
    for (long at = 0; at < value.bytes(); at += MemoryPlan.ALIGNMENT) {
      owners.put(plan.offsets().get(value) + at, value);
    }
  }

  private static void assertOwned(
      Map<Long, Value> owners, MemoryPlan plan, Value value, Op reader) {
    for (long at = 0; at < value.bytes(); at += MemoryPlan.ALIGNMENT) {
      assertThat(owners.get(plan.offsets().get(value) + at))
          .as("memory of %s when %s runs", value, reader.kind())
          .isEqualTo(value);
    }
  }

  @Test
  void offsetsAreAligned() {
    assertThat(MemoryPlan.of(training(1), Value::bytes).offsets().values())
        .allMatch(offset -> offset % MemoryPlan.ALIGNMENT == 0);
  }

  @Test
  void aChainOfActivationsNeedsTwoPlaces() {
    GraphBuilder builder = new GraphBuilder();
    Value value = builder.input("x", Shape.of(1, 1, 16, 16));
    for (int i = 0; i < 10; i++) {
      value = builder.relu("relu" + i, value);
    }
    MemoryPlan plan = MemoryPlan.of(builder.build(value), Value::bytes);
    assertThat(plan.bytes()).isEqualTo(2 * 16 * 16 * 4);
  }

  @Test
  void forgettingWhatIsReadNoMoreSavesMostOfAnInference() {
    Graph graph = ResNet.named("resnet50").inference(1).graph();
    long all =
        graph.values().stream()
            .filter(value -> value.role() == Role.ACTIVATION)
            .mapToLong(Value::bytes)
            .sum();
    assertThat(MemoryPlan.of(graph, Value::bytes).bytes()).isLessThan(all / 10);
  }

  @Test
  void anEmptyGraphNeedsNothing() {
    assertThat(MemoryPlan.of(new Graph(List.of(), List.of()), Value::bytes).bytes()).isZero();
  }
}
