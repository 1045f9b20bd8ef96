package dev.residual.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Add;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Results worked out by hand: an oracle cannot be tested against itself. */
class KnownValuesTest extends KnownValues {
  private static final double ROOT5 = Math.sqrt(5);

  @Test
  void batchNorm() {
    BatchNorm op = batchNorm(null, false);
    assertThat(result(op, op.mean())).containsExactly(4);
    assertThat(result(op, op.variance())).containsExactly(5);
    assertThat(result(op, op.dst())).containsExactly(new double[] {-2, 0, 2, 4}, within(1e-12));
    assertThat(result(op, op.runningMean())).containsExactly(new double[] {0.4}, within(1e-12));
    double unbiased = 20.0 / 3;
    assertThat(result(op, op.runningVariance()))
        .containsExactly(new double[] {0.9 + 0.1 * unbiased}, within(1e-12));
  }

  @Test
  void normalize() {
    Value src = give(Value.input("src", Shape.of(1, 2, 1, 2), DType.U8), 0, 255, 51, 102);
    Value dst = activation("dst", 1, 2, 1, 2);
    Normalize op = new Normalize(src, List.of(0.5f, 0f), List.of(0.25f, 0.5f), dst);
    assertThat(result(op, dst)).containsExactly(new double[] {-2, 2, 0.4, 0.8}, within(1e-12));
  }

  @Test
  void batchNormWithAddReluAndMask() {
    Value add = input("add", Shape.of(2, 1, 1, 2), 3, -1, -5, 0);
    BatchNorm op = batchNorm(add, true);
    assertThat(result(op, op.dst())).containsExactly(new double[] {1, 0, 0, 4}, within(1e-12));
    Value mask = op.mask();
    assertThat(mask).isNotNull();
    assertThat(result(op, mask)).containsExactly(0b1001);
  }

  private BatchNorm batchNorm(@Nullable Value add, boolean relu) {
    Shape one = Shape.of(1);
    return new BatchNorm(
        input("x", Shape.of(2, 1, 1, 2), 1, 3, 5, 7),
        parameter("scale", one, ROOT5),
        parameter("shift", one, 1),
        state("runningMean", one, 0),
        state("runningVariance", one, 1),
        add,
        activation("dst", 2, 1, 1, 2),
        activation("mean", 1),
        activation("variance", 1),
        relu ? Value.activation("mask", one, DType.U8) : null,
        0,
        0.1,
        relu);
  }

  @Test
  void batchNormInference() {
    Shape one = Shape.of(1);
    Value dst = activation("dst", 1, 1, 1, 2);
    Op op =
        new BatchNormInference(
            input("x", Shape.of(1, 1, 1, 2), 1, 3),
            parameter("scale", one, 2),
            parameter("shift", one, -1),
            state("mean", one, 1),
            state("variance", one, 3),
            null,
            dst,
            1,
            true);
    assertThat(result(op, dst)).containsExactly(0, 1);
  }

  @Test
  void batchNormBackward() {
    BatchNormBackward op = batchNormBackward(false);
    assertThat(result(op, op.diffSrc()))
        .containsExactly(new double[] {0.5, -0.5, -0.5, 0.5}, within(1e-12));
    assertThat(result(op, op.diffShift())).containsExactly(2);
    assertThat(result(op, op.diffScale())).containsExactly(new double[] {0}, within(1e-12));
    Value diffAdd = op.diffAdd();
    assertThat(diffAdd).isNotNull();
    assertThat(result(op, diffAdd)).containsExactly(1, 0, 0, 1);
  }

  @Test
  void frozenBatchNormBackward() {
    BatchNormBackward op = batchNormBackward(true);
    assertThat(result(op, op.diffSrc())).containsExactly(new double[] {1, 0, 0, 1}, within(1e-12));
  }

  private BatchNormBackward batchNormBackward(boolean frozen) {
    Shape one = Shape.of(1);
    Value mask = Value.input("mask", one, DType.U8);
    given.put(mask, new double[] {0b1001});
    return new BatchNormBackward(
        input("x", Shape.of(2, 1, 1, 2), 1, 3, 5, 7),
        input("diffDst", Shape.of(2, 1, 1, 2), 0.5, 1, 1, 3),
        input("diffDstAdd", Shape.of(2, 1, 1, 2), 0.5, 0, 0, -2),
        parameter("scale", one, ROOT5),
        input("mean", one, 4),
        input("variance", one, 5),
        mask,
        activation("diffSrc", 2, 1, 1, 2),
        activation("diffScale", 1),
        activation("diffShift", 1),
        activation("diffAdd", 2, 1, 1, 2),
        0,
        frozen);
  }

  @Test
  void maxPoolingLetsTheFirstOfEqualElementsWin() {
    Value src = input("x", Shape.of(1, 1, 2, 3), 2, 2, 1, 2, 0, 5);
    Value dst = activation("dst", 1, 1, 1, 2);
    Value workspace = Value.activation("workspace", dst.shape(), DType.U8);
    Op op = new MaxPool2d(src, dst, workspace, Window.square(2, 1, 0));
    assertThat(result(op, dst)).containsExactly(2, 5);
    assertThat(result(op, workspace)).containsExactly(0, 3);
  }

  @Test
  void paddingNeverWinsMaxPooling() {
    Value src = input("x", Shape.of(1, 1, 1, 1), -3);
    Value dst = activation("dst", 1, 1, 2, 2);
    Value workspace = Value.activation("workspace", dst.shape(), DType.U8);
    Op op = new MaxPool2d(src, dst, workspace, Window.square(2, 1, 1));
    assertThat(result(op, dst)).containsOnly(-3);
    assertThat(result(op, workspace)).containsExactly(3, 2, 1, 0);
  }

  @Test
  void maxPoolingBackward() {
    Value diffDst = input("diffDst", Shape.of(1, 1, 1, 2), 10, 20);
    Value workspace = Value.input("workspace", Shape.of(1, 1, 1, 2), DType.U8);
    Value diffSrc = activation("diffSrc", 1, 1, 2, 3);
    Op op = new MaxPool2dBackward(diffDst, workspace, diffSrc, Window.square(2, 1, 0));
    given.put(workspace, new double[] {0, 3});
    assertThat(result(op, diffSrc)).containsExactly(10, 0, 0, 0, 0, 20);
    given.put(workspace, new double[] {1, 0});
    assertThat(result(op, diffSrc)).containsExactly(0, 30, 0, 0, 0, 0);
  }

  @Test
  void averagePooling() {
    Value src = input("x", Shape.of(1, 1, 2, 2), 1, 2, 3, 4);
    Value dst = activation("dst", 1, 1, 3, 3);
    Window window = Window.square(2, 1, 1);
    assertThat(result(new AvgPool2d(src, dst, window, true), dst))
        .containsExactly(0.25, 0.75, 0.5, 1, 2.5, 1.5, 0.75, 1.75, 1);
    assertThat(result(new AvgPool2d(src, dst, window, false), dst))
        .containsExactly(1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4);
  }

  @Test
  void averagePoolingBackward() {
    Value diffDst = input("diffDst", Shape.of(1, 1, 3, 3), 4, 0, 0, 0, 8, 0, 0, 0, 0);
    Value diffSrc = activation("diffSrc", 1, 1, 2, 2);
    Window window = Window.square(2, 1, 1);
    assertThat(result(new AvgPool2dBackward(diffDst, diffSrc, window, true), diffSrc))
        .containsExactly(3, 2, 2, 2);
    assertThat(result(new AvgPool2dBackward(diffDst, diffSrc, window, false), diffSrc))
        .containsExactly(6, 2, 2, 2);
  }

  @Test
  void globalAveragePooling() {
    Value src = input("x", Shape.of(1, 2, 1, 2), 1, 2, 3, 5);
    Value dst = activation("dst", 1, 2, 1, 1);
    assertThat(result(new GlobalAvgPool(src, dst), dst)).containsExactly(1.5, 4);
    Value diffDst = input("diffDst", Shape.of(1, 2, 1, 1), 8, 6);
    Value diffSrc = activation("diffSrc", 1, 2, 1, 2);
    assertThat(result(new GlobalAvgPoolBackward(diffDst, diffSrc), diffSrc))
        .containsExactly(4, 4, 3, 3);
  }

  @Test
  void linear() {
    Value src = input("x", Shape.of(2, 2), 1, 2, 0, 1);
    Value weights = parameter("w", Shape.of(3, 2), 3, 4, 5, 6, 7, 8);
    Value bias = parameter("bias", Shape.of(3), 10, 20, 30);
    Value dst = activation("dst", 2, 3);
    assertThat(result(new Linear(src, weights, bias, dst), dst))
        .containsExactly(21, 37, 53, 14, 26, 38);
  }

  @Test
  void linearBackward() {
    Value src = input("x", Shape.of(2, 2), 1, 2, 0, 1);
    Value weights = parameter("w", Shape.of(3, 2), 3, 4, 5, 6, 7, 8);
    Value diffDst = input("diffDst", Shape.of(2, 3), 1, 10, 0, 0, 0, 1);
    Value diffSrc = activation("diffSrc", 2, 2);
    Value diffWeights = activation("diffWeights", 3, 2);
    Value diffBias = activation("diffBias", 3);
    assertThat(result(new LinearBackwardData(diffDst, weights, diffSrc), diffSrc))
        .containsExactly(53, 64, 7, 8);
    Op op = new LinearBackwardWeights(src, diffDst, diffWeights, diffBias);
    assertThat(result(op, diffWeights)).containsExactly(1, 2, 10, 20, 0, 1);
    assertThat(result(op, diffBias)).containsExactly(1, 10, 1);
  }

  @Test
  void relu() {
    Value src = input("x", Shape.of(4), -1, 0, 2, Double.NaN);
    Value dst = activation("dst", 4);
    assertThat(result(new Relu(src, dst), dst)).containsExactly(0, 0, 2, Double.NaN);
    Value forward = input("forward", Shape.of(3), 0, 1e-30, 7);
    Value diffDst = input("diffDst", Shape.of(3), 1, 2, 3);
    Value diffSrc = activation("diffSrc", 3);
    assertThat(result(new ReluBackward(forward, diffDst, diffSrc), diffSrc))
        .containsExactly(0, 2, 3);
  }

  @Test
  void movements() {
    Value part0 = input("part0", Shape.of(2, 1, 1, 2), 1, 2, 3, 4);
    Value part1 = input("part1", Shape.of(2, 2, 1, 2), 5, 6, 7, 8, 9, 10, 11, 12);
    Value whole = activation("whole", 2, 3, 1, 2);
    assertThat(result(new Concat(List.of(part0, part1), whole), whole))
        .containsExactly(1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12);
    Value diffWhole = input("diffWhole", Shape.of(2, 2, 1, 1), 1, 2, 3, 4);
    Value diff0 = activation("diff0", 2, 1, 1, 1);
    Value diff1 = activation("diff1", 2, 1, 1, 1);
    Op back = new ConcatBackward(diffWhole, List.of(diff0, diff1));
    assertThat(result(back, diff0)).containsExactly(1, 3);
    assertThat(result(back, diff1)).containsExactly(2, 4);
    Value flat = activation("flat", 9);
    assertThat(result(new Reshape(square, flat), flat)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void zeroPadShortcut() {
    Value dst = activation("dst", 1, 4, 2, 2);
    assertThat(result(new ZeroPadShortcut(square, dst, 2), dst))
        .containsExactly(0, 0, 0, 0, 1, 3, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0);
    Value diffDst = input("diffDst", Shape.of(1, 2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
    Value diffSrc = activation("diffSrc", 1, 1, 3, 3);
    assertThat(result(new ZeroPadShortcutBackward(diffDst, diffSrc, 2), diffSrc))
        .containsExactly(1, 0, 2, 0, 0, 0, 3, 0, 4);
  }

  @Test
  void crossEntropy() {
    // The second row is the first, shifted far beyond the range of exp.
    Value logits = input("logits", Shape.of(2, 2), 0, Math.log(3), 5000, 5000 + Math.log(3));
    Value labels = Value.input("labels", Shape.of(2), DType.I32);
    given.put(labels, new double[] {1, 0});
    Value loss = Value.activation("loss", Shape.SCALAR, DType.F64);
    double log1 = -Math.log(0.25);
    double log3 = -Math.log(0.75);
    assertThat(result(new SoftmaxCrossEntropy(logits, labels, loss, 0), loss))
        .containsExactly(new double[] {(log3 + log1) / 2}, within(1e-11));
    assertThat(result(new SoftmaxCrossEntropy(logits, labels, loss, 0.2), loss))
        .containsExactly(
            new double[] {(0.1 * log1 + 0.9 * log3 + 0.9 * log1 + 0.1 * log3) / 2}, within(1e-11));
    Value diffLogits = activation("diffLogits", 2, 2);
    Value diffLoss = input("diffLoss", Shape.SCALAR, 4);
    assertThat(
            result(
                new SoftmaxCrossEntropyBackward(logits, labels, null, diffLogits, 0), diffLogits))
        .containsExactly(new double[] {0.125, -0.125, -0.375, 0.375}, within(1e-11));
    assertThat(
            result(
                new SoftmaxCrossEntropyBackward(logits, labels, diffLoss, diffLogits, 0.2),
                diffLogits))
        .containsExactly(new double[] {0.3, -0.3, -1.3, 1.3}, within(1e-11));
  }

  @Test
  void labelsOutOfRangeMakeTheLossNaN() {
    Value logits = input("logits", Shape.of(2, 2), 0, 1, 2, 3);
    Value labels = Value.input("labels", Shape.of(2), DType.I32);
    Value loss = Value.activation("loss", Shape.SCALAR, DType.F64);
    for (int label : new int[] {-1, 2, Integer.MAX_VALUE}) {
      given.put(labels, new double[] {0, label});
      assertThat(result(new SoftmaxCrossEntropy(logits, labels, loss, 0.1), loss))
          .containsExactly(Double.NaN);
    }
  }

  @Test
  void dropoutOfRowsKeepsOrDropsThemAsAWhole() {
    Value src = input("src", Shape.of(4, 2), 1, 2, 3, 4, 5, 6, 7, 8);
    Dropout op = Dropout.ofRows("dst", src, Value.state("random", Shape.of(1), DType.I64), 0.5);
    given.put(op.random(), new double[] {3});
    double[] expected = new double[8];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Dropout.keeps(3, i / 2, 0.5) ? 2 * (i + 1) : 0;
    }
    assertThat(expected).contains(0, 10);
    assertThat(result(op, op.dst())).containsExactly(expected);
  }

  @Test
  void dropoutZeroesItsShareScalesTheRestAndCountsTheRandomStateExactly() {
    long seed = (1L << 60) + 1;
    Shape shape = Shape.of(10_000);
    Value src = Value.input("ones", shape, DType.F64);
    Value random = Value.state("random", Shape.of(1), DType.I64);
    Value dst = Value.activation("dst", shape, DType.F64);
    Value mask = Value.activation("mask", shape, DType.U8);
    Tensor ones = Tensor.zeros(DType.F64, shape);
    for (int i = 0; i < shape.elements(); i++) {
      ones.set(i, 1);
    }
    Tensor state = Tensor.zeros(DType.I64, Shape.of(1));
    state.data().set(ValueLayout.JAVA_LONG_UNALIGNED, 0, seed);
    try (Session session =
        new ReferenceBackend().compile(Graph.of(new Dropout(src, random, dst, mask, 0.4)))) {
      session.write(src, ones);
      session.write(random, state);
      session.run();
      double[] first = session.read(dst).toDoubles();
      double[] kept = session.read(mask).toDoubles();
      int count = 0;
      for (int i = 0; i < first.length; i++) {
        assertThat(kept[i] != 0).isEqualTo(Dropout.keeps(seed, i, 0.4));
        assertThat(first[i]).isEqualTo(kept[i] != 0 ? 1 / 0.6 : 0);
        count += (int) kept[i];
      }
      assertThat(count).isBetween(5800, 6200);
      session.run();
      assertThat(session.read(dst).toDoubles()).isNotEqualTo(first);
      assertThat(session.read(random).data().get(ValueLayout.JAVA_LONG_UNALIGNED, 0))
          .isEqualTo(seed + 2);
    }
  }

  @Test
  void dropoutBackward() {
    Value diffDst = input("diffDst", Shape.of(3), 1, 2, 3);
    Value mask = Value.input("mask", Shape.of(3), DType.U8);
    given.put(mask, new double[] {1, 0, 1});
    Value diffSrc = activation("diffSrc", 3);
    assertThat(result(new DropoutBackward(diffDst, mask, diffSrc, 0.75), diffSrc))
        .containsExactly(4, 0, 12);
  }

  @Test
  void sumsOfFloatsAccumulateInDoubleAndResultsAreRounded() {
    Value src = Value.input("floats", Shape.of(1, 3));
    Value weights = Value.parameter("ones", Shape.of(1, 3));
    Value dst = Value.activation("dst", Shape.of(1, 1));
    given.put(src, new double[] {0x1p24, 1, -0x1p24});
    given.put(weights, new double[] {1, 1, 1});
    assertThat(result(new Linear(src, weights, null, dst), dst)).containsExactly(1);
    Value large = Value.input("large", Shape.of(1));
    Value small = Value.input("small", Shape.of(1));
    Value sum = Value.activation("sum", Shape.of(1));
    given.put(large, new double[] {0x1p24});
    given.put(small, new double[] {1});
    assertThat(result(new Add(large, small, sum), sum)).containsExactly(0x1p24);
  }

  @Test
  void integersOf64BitsAreNotSupported() {
    Value part = Value.input("x", Shape.of(1, 1, 1, 3), DType.I64);
    Op op = new Concat(List.of(part), Value.activation("dst", part.shape(), DType.I64));
    assertThat(new ReferenceBackend().supports(op)).isFalse();
    assertThatThrownBy(() -> new ReferenceBackend().compile(Graph.of(op)))
        .isInstanceOf(UnsupportedOpException.class)
        .hasMessageContainingAll("reference", "Concat", "x I64 1x1x1x3");
  }

  /** Ties go to the even one; the largest number is 65504, the smallest 2^-24. */
  @Test
  void resultsOfF16AreRoundedWhenTheyAreStored() {
    double[] exact = {1 + 0x1p-11, 1 + 3 * 0x1p-11, 65519, 65520, 0x1p-25, 0x1.8p-25, 2049};
    double[] rounded = {1, 1 + 0x1p-9, 65504, Double.POSITIVE_INFINITY, 0, 0x1p-24, 2048};
    Value src = Value.input("src", Shape.of(exact.length));
    given.put(src, exact);
    Value cast = Value.activation("cast", src.shape(), DType.F16);
    assertThat(result(new Cast(src, cast), cast)).containsExactly(rounded);
    Value half = Value.input("half", Shape.of(1), DType.F16);
    given.put(half, new double[] {0x1p11});
    Value sum = Value.activation("sum", Shape.of(1), DType.F16);
    Value one = Value.input("one", Shape.of(1), DType.F16);
    given.put(one, new double[] {1});
    assertThat(result(new Add(half, one, sum), sum)).containsExactly(0x1p11);
  }
}
