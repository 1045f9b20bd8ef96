package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostArrayTest {
  private final NDManager manager = NDManager.newBaseManager("Residual");
  private final NDArray six = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));

  @AfterEach
  void close() {
    manager.close();
  }

  private static void assertIs(NDArray array, Shape shape, double... expected) {
    assertThat(array.getShape()).isEqualTo(shape);
    try (NDArray doubles = array.toType(DataType.FLOAT64, true)) {
      assertThat(doubles.toDoubleArray()).containsExactly(expected, within(1e-6));
    }
  }

  @Test
  void elementsOfAllTypesComeBack() {
    assertThat(manager.create(new long[] {1L << 60, -1}).toLongArray())
        .containsExactly(1L << 60, -1);
    assertThat(manager.create(new int[] {1 << 30, -1}).toIntArray()).containsExactly(1 << 30, -1);
    assertThat(manager.create(new byte[] {-128, 127}).toByteArray()).containsExactly(-128, 127);
    assertThat(manager.create(new double[] {Math.PI}).toDoubleArray()).containsExactly(Math.PI);
    assertThat(manager.create(new boolean[] {true, false}).toBooleanArray())
        .containsExactly(true, false);
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {-1, 0});
    assertThat(manager.create(bytes, new Shape(2), DataType.UINT8).toUint8Array())
        .containsExactly(255, 0);
    ByteBuffer big = ByteBuffer.allocate(8).order(ByteOrder.BIG_ENDIAN).putFloat(1).putFloat(2);
    assertIs(manager.create(big.flip().asFloatBuffer(), new Shape(2)), new Shape(2), 1, 2);
    assertIs(manager.create(7f), new Shape(), 7);
    assertIs(manager.ones(new Shape(2), DataType.FLOAT16), new Shape(2), 1, 1);
    assertIs(manager.full(new Shape(1, 2), 3), new Shape(1, 2), 3, 3);
    assertIs(manager.zeros(new Shape(1)), new Shape(1), 0);
  }

  @Test
  void whatATypeOrShapeCannotHoldIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> manager.zeros(new Shape(2), DataType.INT16))
        .withMessageStartingWith("Residual has no arrays of INT16");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> manager.zeros(new Shape(2, 0)))
        .withMessageContaining("every extent must be from 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> manager.create(new float[3], new Shape(2, 2)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> six.reshape(4, -1))
        .withMessage("6 elements cannot have the shape (4, -1)");
  }

  @Test
  void typesAreConverted() {
    NDArray halves = manager.create(new float[] {-1.5f, 0, 2.5f});
    assertThat(halves.toType(DataType.INT32, false).toIntArray()).containsExactly(-1, 0, 2);
    assertThat(halves.toType(DataType.BOOLEAN, false).toBooleanArray())
        .containsExactly(true, false, true);
    assertIs(halves.toType(DataType.BFLOAT16, false), new Shape(3), -1.5, 0, 2.5);
    assertThat(halves.toType(DataType.FLOAT32, false)).isSameAs(halves);
    assertThat(halves.toType(DataType.FLOAT32, true)).isNotSameAs(halves).isEqualTo(halves);
  }

  @Test
  void shapesChange() {
    assertIs(six.reshape(3, -1), new Shape(3, 2), 1, 2, 3, 4, 5, 6);
    assertIs(six.flatten(), new Shape(6), 1, 2, 3, 4, 5, 6);
    assertThat(six.expandDims(0).getShape()).isEqualTo(new Shape(1, 2, 3));
    assertThat(six.expandDims(2).getShape()).isEqualTo(new Shape(2, 3, 1));
    assertThat(six.expandDims(-1).getShape()).isEqualTo(new Shape(2, 3, 1));
    assertThat(six.reshape(1, 2, 1, 3).squeeze().getShape()).isEqualTo(new Shape(2, 3));
    assertThat(six.reshape(1, 2, 1, 3).squeeze(-2).getShape()).isEqualTo(new Shape(1, 2, 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> six.squeeze(0))
        .withMessageContaining("axis 0 of 2x3");
  }

  @Test
  void elementsMove() {
    assertIs(six.transpose(), new Shape(3, 2), 1, 4, 2, 5, 3, 6);
    assertIs(six.reshape(1, 2, 3).transpose(2, 0, 1), new Shape(3, 1, 2), 1, 4, 2, 5, 3, 6);
    assertIs(six.flip(-1), new Shape(2, 3), 3, 2, 1, 6, 5, 4);
    assertIs(six.flip(0, 1), new Shape(2, 3), 6, 5, 4, 3, 2, 1);
    assertIs(six.get(new NDIndex("1")), new Shape(3), 4, 5, 6);
    assertIs(six.get(":, 1"), new Shape(2), 2, 5);
    assertIs(six.get(":, ::2"), new Shape(2, 2), 1, 3, 4, 6);
    assertIs(six.get("-1, 1:"), new Shape(2), 5, 6);
    assertThat(six.getFloat(1, 2)).isEqualTo(6);
    assertIs(manager.create(new float[] {1, 2}).broadcast(2, 2), new Shape(2, 2), 1, 2, 1, 2);
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> six.get(2));
    assertThatIllegalArgumentException().isThrownBy(() -> six.transpose(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> six.transpose(0, 2));
  }

  @Test
  void arraysAreSplitAndJoined() {
    NDList columns = six.split(3, 1);
    assertThat(columns).hasSize(3);
    assertIs(columns.get(1), new Shape(2, 1), 2, 5);
    NDList parts = six.split(new long[] {1}, 1);
    assertIs(parts.get(0), new Shape(2, 1), 1, 4);
    assertIs(parts.get(1), new Shape(2, 2), 2, 3, 5, 6);
    assertIs(NDArrays.concat(parts, 1), new Shape(2, 3), 1, 2, 3, 4, 5, 6);
    NDArray row = manager.create(new float[] {7, 8, 9}, new Shape(1, 3));
    assertIs(six.concat(row), new Shape(3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9);
    NDList pair = new NDList(row, row.add(1));
    assertIs(NDArrays.stack(pair), new Shape(2, 1, 3), 7, 8, 9, 8, 9, 10);
    assertIs(NDArrays.stack(pair, -1), new Shape(1, 3, 2), 7, 8, 8, 9, 9, 10);
    assertThatIllegalArgumentException().isThrownBy(() -> six.split(2, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> NDArrays.stack(new NDList(six, row)));
    NDArray bytes = manager.zeros(new Shape(1, 3), DataType.UINT8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NDArrays.stack(new NDList(row, bytes)))
        .withMessageContaining("cannot be joined");
  }

  @Test
  void floatsAreComputed() {
    assertIs(six.add(1), new Shape(2, 3), 2, 3, 4, 5, 6, 7);
    assertIs(six.sub(1), new Shape(2, 3), 0, 1, 2, 3, 4, 5);
    assertIs(six.mul(2), new Shape(2, 3), 2, 4, 6, 8, 10, 12);
    assertIs(six.div(2), new Shape(2, 3), 0.5, 1, 1.5, 2, 2.5, 3);
    NDArray row = manager.create(new float[] {1, 2, 3});
    assertIs(six.add(row), new Shape(2, 3), 2, 4, 6, 5, 7, 9);
    assertIs(row.sub(six), new Shape(2, 3), 0, 0, 0, -3, -3, -3);
    assertIs(six.mul(row), new Shape(2, 3), 1, 4, 9, 4, 10, 18);
    assertIs(six.div(row), new Shape(2, 3), 1, 1, 1, 4, 2.5, 2);
    NDArray same = six.duplicate();
    assertThat(same.addi(1).muli(row).subi(2).divi(2)).isSameAs(same);
    assertIs(same, new Shape(2, 3), 0, 2, 5, 1.5, 5, 9.5);
    assertIs(six, new Shape(2, 3), 1, 2, 3, 4, 5, 6);
    NDArray integers = manager.create(new int[] {1, 2});
    assertThat(integers.div(4).getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(integers.div(4d).getDataType()).isEqualTo(DataType.FLOAT64);
    assertThat(integers.div(manager.create(2d)).getDataType()).isEqualTo(DataType.FLOAT64);
    assertIs(integers.mul(0.5f), new Shape(2), 0.5, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> six.add(manager.create(new float[] {1, 2})))
        .withMessage("2x3 and 2 do not broadcast");
  }

  @Test
  void elementsAreRanked() {
    NDArray rows = manager.create(new float[] {1, 3, 2, 5, 4, 5}, new Shape(2, 3));
    assertIs(rows.argMax(), new Shape(), 3);
    assertIs(rows.argMax(1), new Shape(2), 1, 0);
    assertIs(rows.argMax(0), new Shape(3), 1, 1, 1);
    assertIs(rows.argSort(1, true), new Shape(2, 3), 0, 2, 1, 1, 0, 2);
    assertIs(rows.argSort(-1, false), new Shape(2, 3), 1, 2, 0, 0, 2, 1);
    NDList top = rows.topK(2, 1);
    assertIs(top.get(0), new Shape(2, 2), 3, 2, 5, 5);
    assertIs(top.get(1), new Shape(2, 2), 1, 2, 0, 2);
    assertIs(rows.topK(1, 0, false, true).get(0), new Shape(1, 3), 1, 3, 2);
    assertThatIllegalArgumentException().isThrownBy(() -> rows.topK(4, 1));
    double e = Math.E;
    NDArray logits = manager.create(new float[] {0, 1, 1000, 999}, new Shape(2, 2));
    assertIs(
        logits.softmax(1), new Shape(2, 2), 1 / (1 + e), e / (1 + e), e / (1 + e), 1 / (1 + e));
    assertIs(logits.softmax(0), new Shape(2, 2), 0, 0, 1, 1);
    assertThat(manager.create(new float[] {0, Float.NaN}).softmax(0).toFloatArray())
        .containsOnly(Float.NaN);
  }

  @Test
  void operationsThatAreMissingAreNamed() {
    assertRefused("sum", NDArray::sum);
    assertRefused("matMul", array -> array.matMul(array));
    assertRefused("gt", array -> array.gt(0));
    assertRefused("get", array -> array.get(array));
    assertRefused("relu", array -> array.getNDArrayInternal().relu());
    assertRefused("resize", array -> array.getNDArrayInternal().resize(2, 2, 1));
    assertRefused("add", array -> array.toType(DataType.INT32, false).add(1));
    // An array has one stand-in, which must not be asked for another operation than is meant.
    assertRefused("mean", NDArray::mean);
    try (NDManager scope = manager.newSubManager()) {
      six.attach(scope);
      assertRefused("exp", NDArray::exp);
      six.attach(manager);
    }
  }

  private void assertRefused(String name, Function<NDArray, NDArray> operation) {
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> operation.apply(six))
        .withMessageStartingWith("NDArray." + name + " is not among the operations")
        .withMessageContaining("ai.djl.pytorch:pytorch-engine");
  }

  @Test
  void scopesCloseWhatTheyOwn() {
    NDArray inner;
    NDArray kept;
    try (NDManager scope = manager.newSubManager()) {
      inner = scope.create(1f);
      kept = scope.create(2f);
      kept.detach();
      kept.attach(manager);
    }
    assertThat(inner.isReleased()).isTrue();
    assertIs(kept, new Shape(), 2);
    NDArray scoped;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      scoped = six.add(1);
    }
    assertThat(scoped.isReleased()).isTrue();
    kept.close();
    kept.close();
    assertThatIllegalStateException().isThrownBy(kept::toByteBuffer);
    assertThat(manager.getManagedArrays()).containsExactly(six);
  }
}
