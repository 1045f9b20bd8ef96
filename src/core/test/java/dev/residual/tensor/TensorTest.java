package dev.residual.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {

  @ParameterizedTest
  @EnumSource(DType.class)
  void keepsSmallIntegersInEveryType(DType dtype) {
    Tensor tensor = Tensor.zeros(dtype, Shape.of(2, 3));
    for (int i = 0; i < 6; i++) {
      tensor.set(i, i * 20);
    }
    assertThat(tensor.toDoubles()).containsExactly(0, 20, 40, 60, 80, 100);
    assertThat(tensor.to(DType.F64).toFloats()).containsExactly(0, 20, 40, 60, 80, 100);
  }

  @Test
  void liesInTheBuffersOfACaller() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(20).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(9).putFloat(1).putFloat(2).putFloat(3).putFloat(9).limit(16).position(4);
    Tensor tensor = Tensor.of(DType.F32, Shape.of(3), bytes);
    assertThat(tensor.toFloats()).containsExactly(1, 2, 3);
    assertThat(bytes.position()).isEqualTo(4);
    tensor.set(1, 7);
    assertThat(bytes.getFloat(8)).isEqualTo(7);
    assertThat(Tensor.of(Shape.of(3), bytes.asFloatBuffer()).toFloats()).containsExactly(1, 7, 3);
    FloatBuffer array = FloatBuffer.wrap(new float[] {9, 1, 2}, 1, 2);
    assertThat(Tensor.of(Shape.of(2), array).toFloats()).containsExactly(1, 2);
    Tensor constant =
        Tensor.of(DType.F32, Shape.of(3), bytes.asReadOnlyBuffer().order(bytes.order()));
    assertThat(constant.data().isReadOnly()).isTrue();
    assertThat(constant.toFloats()).containsExactly(1, 7, 3);
  }

  @Test
  void refusesBuffersOfAnotherOrderOrSize() {
    ByteBuffer big = ByteBuffer.allocate(12);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(DType.F32, Shape.of(3), big))
        .withMessageContaining("BIG_ENDIAN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(Shape.of(3), big.asFloatBuffer()))
        .withMessageContaining("BIG_ENDIAN");
    assertThat(Tensor.of(DType.U8, Shape.of(12), big).get(11)).isZero();
    big.order(ByteOrder.LITTLE_ENDIAN).limit(8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(DType.F32, Shape.of(3), big))
        .withMessageContaining("needs 12 bytes, given 8");
  }

  /** Halfway cases go to the even neighbour; values from the definition of bfloat16. */
  @ParameterizedTest
  @CsvSource({
    "1.0, 1.0",
    "1.00390625, 1.0",
    "1.01171875, 1.015625",
    "1.005, 1.0078125",
    "-3.140625, -3.140625",
    "3.4e38, Infinity",
    "NaN, NaN"
  })
  void roundsToTheNearestBfloat16(double given, double kept) {
    Tensor tensor = Tensor.zeros(DType.BF16, Shape.of(1));
    tensor.set(0, given);
    assertThat(tensor.get(0)).isEqualTo((Double) kept);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "BF16", "F16"})
  void knowsWhetherItIsFinite(DType dtype) {
    Tensor tensor = Tensor.zeros(dtype, Shape.of(3));
    assertThat(tensor.isFinite()).isTrue();
    for (double spoilt : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
      tensor.set(2, spoilt);
      assertThat(tensor.isFinite()).isFalse();
    }
  }

  @Test
  void unsignedBytesDoNotTurnNegative() {
    Tensor tensor = Tensor.zeros(DType.U8, Shape.of(1));
    tensor.set(0, 200);
    assertThat(tensor.get(0)).isEqualTo(200);
  }

  /** Whatever the heap's limit: nothing is taken but the pages that are written. */
  @Test
  void holdsMoreElementsThanAnArray() {
    Tensor large = Tensor.zeros(DType.BF16, Shape.of(3, 1 << 15, 1 << 15));
    long last = large.shape().elements() - 1;
    assertThat(last).isGreaterThan(Integer.MAX_VALUE);
    large.set(last, 3);
    assertThat(large.get(last)).isEqualTo(3);
    assertThat(large.get(last / 2)).isZero();
    assertThat(large.data().isNative()).isTrue();
    Tensor larger = Tensor.zeros(DType.F32, Shape.of(1 << 15, 1 << 15));
    larger.set(0, Double.NaN);
    assertThat(larger.get(0)).isNaN();
    assertThat(larger.get(larger.shape().elements() - 1)).isZero();
  }

  @Test
  void refusesMemoryOfAnotherSize() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Tensor(DType.F32, Shape.of(2, 3), MemorySegment.ofArray(new float[5])))
        .withMessage("tensor F32 2x3 needs 24 bytes, given 20");
  }

  @Test
  void refusesShapesWithoutElements() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(2, 0))
        .withMessageContaining("[2, 0]");
  }

  @Test
  void aShapeTooLargeToCountIsAnErrorAndNoSmallNumber() {
    assertThat(Shape.SCALAR.elements()).isEqualTo(1);
    assertThat(Shape.of(1 << 30, 1 << 29).elements()).isEqualTo(1L << 59);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(1 << 30, 1 << 29, 2))
        .withMessageContaining("[1073741824, 536870912, 2]: more than");
  }

  @Test
  void integersAreSetToTheNearestOfTheirRange() {
    Tensor tensor = Tensor.zeros(DType.U8, Shape.of(3));
    tensor.set(0, 300);
    tensor.set(1, -1);
    tensor.set(2, 7.5);
    assertThat(tensor.toDoubles()).containsExactly(255, 0, 8);
    Tensor signed = Tensor.zeros(DType.S8, Shape.of(2));
    signed.set(0, 200);
    signed.set(1, -200);
    assertThat(signed.toDoubles()).containsExactly(127, -128);
    Tensor wide = Tensor.zeros(DType.I32, Shape.of(1));
    wide.set(0, 1e12);
    assertThat(wide.toDoubles()).containsExactly(Integer.MAX_VALUE);
  }
}
