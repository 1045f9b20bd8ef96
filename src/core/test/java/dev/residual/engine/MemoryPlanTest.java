package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Add;
import dev.residual.graph.Dropout;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Gradients;
import dev.residual.nn.Mode;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
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
  void whatIsWrittenAgainKeepsItsPlaceUntilThen() {
    Value workspace = Value.activation("workspace", Shape.of(64), DType.U8);
    Value between = Value.activation("between", Shape.of(64), DType.U8);
    MemoryPlan.Use works = new MemoryPlan.Use(List.of(), List.of(workspace), List.of());
    MemoryPlan.Use computes = new MemoryPlan.Use(List.of(), List.of(between), List.of());
    MemoryPlan.Use worksAgain = new MemoryPlan.Use(List.of(between), List.of(workspace), List.of());
    MemoryPlan plan = MemoryPlan.of(List.of(works, computes, worksAgain), List.of(), Value::bytes);
    assertThat(plan.offsets().get(workspace)).isNotEqualTo(plan.offsets().get(between));
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
  void resultsInPlaceNeedOnePlace() {
    Value x = Value.input("x", Shape.of(1, 1, 16, 16), DType.F32);
    List<Op> ops = new ArrayList<>();
    List<Value> values = new ArrayList<>(List.of(x));
    for (int i = 0; i < 10; i++) {
      Value dst = Value.activation("relu" + i, x.shape(), DType.F32);
      ops.add(new Relu(values.getLast(), dst));
      values.add(dst);
    }
    Graph chain = new Graph(ops, List.of(values.getLast()));
    assertThat(MemoryPlan.of(chain, Value::bytes, MemoryPlanTest::reluInPlace).bytes())
        .isEqualTo(16 * 16 * 4);
    // A value that is an output or read later keeps its place.
    Graph kept = new Graph(ops, List.of(values.getLast(), values.get(5)));
    MemoryPlan plan = MemoryPlan.of(kept, Value::bytes, MemoryPlanTest::reluInPlace);
    assertThat(plan.bytes()).isEqualTo(2 * 16 * 16 * 4);
    assertThat(plan.offsets().get(values.get(6))).isNotEqualTo(plan.offsets().get(values.get(5)));
  }

  private static List<MemoryPlan.InPlace> reluInPlace(Op op) {
    return op instanceof Relu relu
        ? List.of(new MemoryPlan.InPlace(relu.dst(), relu.src()))
        : List.of();
  }

  @Test
  void onlyOneResultTakesAPlaceAndOnlyOfItsSize() {
    Value x = Value.input("x", Shape.of(1, 16, 1, 1), DType.F32);
    Value sum = Value.activation("sum", x.shape(), DType.F32);
    Value mask = Value.activation("mask", x.shape(), DType.U8);
    Value dropped = Value.activation("dropped", x.shape(), DType.F32);
    Op add = new Add(x, x, sum);
    Op dropout =
        new Dropout(sum, Value.state("random", Shape.of(1), DType.I64), dropped, mask, 0.5);
    Graph graph = new Graph(List.of(add, dropout), List.of());
    // Neither result is read: the second pair finds the place taken though sum has been read.
    MemoryPlan plan =
        MemoryPlan.of(
            graph,
            value -> 64,
            op ->
                op == dropout
                    ? List.of(
                        new MemoryPlan.InPlace(dropped, sum), new MemoryPlan.InPlace(mask, sum))
                    : List.of());
    assertThat(plan.offsets().get(dropped)).isEqualTo(plan.offsets().get(sum));
    assertThat(plan.offsets().get(mask)).isNotEqualTo(plan.offsets().get(sum));
    MemoryPlan sized =
        MemoryPlan.of(
            graph,
            value -> value.equals(dropped) ? 128 : 64,
            op -> op == dropout ? List.of(new MemoryPlan.InPlace(dropped, sum)) : List.of());
    assertThat(sized.offsets().get(dropped)).isNotEqualTo(sized.offsets().get(sum));
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
