package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OpCasesTest {

  @Test
  void everyOperationHasRows() {
    assertThat(OpCases.all())
        .flatExtracting(row -> row.graph(DType.F32).ops())
        .<Class<?>>extracting(Op::getClass)
        .contains(kinds(Op.class).toArray(Class<?>[]::new));
  }

  private static Stream<Class<?>> kinds(Class<?> type) {
    return type.isInterface()
        ? Arrays.stream(type.getPermittedSubclasses()).flatMap(OpCasesTest::kinds)
        : Stream.of(type);
  }

  @Test
  void namesAreUnique() {
    assertThat(OpCases.all()).extracting(OpCase::name).doesNotHaveDuplicates();
  }

  @Test
  void mapLeavesAnOperationItsSettings() {
    for (Op op : operations()) {
      assertThat(op.map(value -> value)).isEqualTo(op);
    }
  }

  @Test
  void mapReplacesEachValueThatIsReadOrComputed() {
    for (Op op : operations()) {
      List<Value> seen = new ArrayList<>();
      Op mapped =
          op.map(
              value -> {
                seen.add(value);
                return renamed(value);
              });
      assertThat(mapped).hasSameClassAs(op);
      assertThat(mapped.inputs()).isEqualTo(renamed(op.inputs()));
      assertThat(mapped.outputs()).isEqualTo(renamed(op.outputs()));
      assertThat(mapped.updates()).isEqualTo(renamed(op.updates()));
      assertThat(mapped.map(value -> original(value, seen))).isEqualTo(op);
      List<Value> all = new ArrayList<>(op.inputs());
      all.addAll(op.outputs());
      assertThat(seen).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  private static Set<Op> operations() {
    return OpCases.all().stream()
        .flatMap(row -> Stream.of(row.graph(DType.F32), row.graph(DType.BF16)))
        .flatMap(graph -> graph.ops().stream())
        .collect(Collectors.toSet());
  }

  private static List<Value> renamed(List<Value> values) {
    return values.stream().map(OpCasesTest::renamed).toList();
  }

  private static Value renamed(Value value) {
    return new Value(value.name() + "'", value.shape(), value.dtype(), value.role());
  }

  private static Value original(Value renamed, List<Value> values) {
    return values.stream()
        .filter(value -> renamed(value).equals(renamed))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void inputsDependOnTheSeedAlone() {
    Graph graph = OpCases.named("sgd 1037").graph(DType.F64);
    Map<Value, Tensor> inputs = RandomInputs.of(graph, 1);
    Map<Value, Tensor> again = RandomInputs.of(graph, 1);
    Map<Value, Tensor> others = RandomInputs.of(graph, 2);
    inputs.forEach(
        (value, tensor) -> {
          assertThat(tensor.toDoubles()).isEqualTo(tensorOf(again, value).toDoubles());
          assertThat(tensor.toDoubles()).isNotEqualTo(tensorOf(others, value).toDoubles());
        });
  }

  private static Tensor tensorOf(Map<Value, Tensor> inputs, Value value) {
    Tensor tensor = inputs.get(value);
    assertThat(tensor).isNotNull();
    return tensor;
  }
}
