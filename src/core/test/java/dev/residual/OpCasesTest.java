package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpCasesTest {

  @Test
  void everyOperationHasRows() {
    assertThat(OpCases.all())
        .flatExtracting(row -> row.graph(DType.F32).ops())
        .<Class<?>>extracting(Op::getClass)
        .contains(Arrays.stream(Op.class.getPermittedSubclasses()).toArray(Class<?>[]::new));
  }

  @Test
  void namesAreUnique() {
    assertThat(OpCases.all()).extracting(OpCase::name).doesNotHaveDuplicates();
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
