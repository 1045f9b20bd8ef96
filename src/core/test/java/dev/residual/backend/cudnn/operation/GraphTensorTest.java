package dev.residual.backend.cudnn.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTensorTest {

  @Test
  void imagesAndFiltersLieChannelsLast() {
    assertThat(GraphTensor.image("x", 2, 3, 5, 7, ElementType.HALF).strides())
        .containsExactly(105L, 1L, 21L, 3L);
    assertThat(GraphTensor.filter("w", 8, 3, 5, 7, ElementType.HALF).strides())
        .containsExactly(105L, 1L, 21L, 3L);
    assertThat(GraphTensor.channels("c", 9, ElementType.FLOAT).strides())
        .containsExactly(9L, 1L, 9L, 9L);
  }

  @Test
  void theTextTellsWhatIsUnusual() {
    GraphTensor x = GraphTensor.image("x", 2, 3, 5, 7, ElementType.BFLOAT16);
    assertThat(x).hasToString("x:bfloat16[2,3,5,7]");
    assertThat(x.asVirtual()).hasToString("virtual x:bfloat16[2,3,5,7]");
    assertThat(GraphTensor.constant("epsilon", ElementType.FLOAT, 1e-5))
        .hasToString("epsilon:float=1.0E-5");
    assertThat(
            new GraphTensor(
                "x",
                List.of(2L, 3L, 5L, 7L),
                List.of(105L, 35L, 7L, 1L),
                ElementType.FLOAT,
                Storage.MEMORY,
                0))
        .hasToString("x:float[2,3,5,7 strides 105,35,7,1]");
  }

  @Test
  void bytesArePacked() {
    assertThat(GraphTensor.image("x", 1, 3, 5, 1, ElementType.BOOLEAN).bytes()).isEqualTo(2);
    assertThat(GraphTensor.image("x", 1, 3, 5, 1, ElementType.FLOAT).bytes()).isEqualTo(60);
  }

  @Test
  void typesAreThoseOfTensors() {
    assertThat(ElementType.of(DType.F16)).isEqualTo(ElementType.HALF);
    assertThat(ElementType.of(DType.U8)).isEqualTo(ElementType.UINT8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ElementType.of(DType.F64))
        .withMessageContaining("F64");
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GraphTensor.image("x", 0, 3, 5, 7, ElementType.HALF))
        .withMessageContaining("x: extents and strides are at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GraphTensor.scalar("a, b", ElementType.HALF))
        .withMessageContaining("\"a, b\"");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new GraphTensor("x", List.of(2L), List.of(), ElementType.HALF, Storage.MEMORY, 0))
        .withMessageContaining("a stride for each");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new GraphTensor(
                    "x", List.of(2L), List.of(1L), ElementType.HALF, Storage.BY_VALUE, 0))
        .withMessageContaining("has one element");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new GraphTensor("x", List.of(1L), List.of(1L), ElementType.HALF, Storage.MEMORY, 2))
        .withMessageContaining("only a tensor by value");
  }
}
