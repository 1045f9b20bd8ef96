package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Session;
import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.Add;
import dev.residual.graph.AllReduce;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.BiasGradient;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Pad;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.Role;
import dev.residual.graph.Slice;
import dev.residual.graph.Softmax;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.graph.passes.Gradients;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients of all differentiable cases against central differences, in double precision. */
class GradientCheckTest {
  private static final long SEED = 19860323;

  /** Elements of each value that are checked one by one; a direction covers all others. */
  private static final int SAMPLES = 8;

  /**
   * The step of the differences. Their error is about {@code STEP^2} from the third derivative and
   * {@code 1e-15 / STEP} from rounding; a larger step would meet more kinks of ReLU and max
   * pooling.
   */
  private static final double STEP = 1e-6;

  /** Relative to the largest gradient of the value: rounding, with room for sums of 1000 terms. */
  private static final double TOLERANCE = 1e-6;

  static Stream<OpCase> differentiable() {
    return OpCases.all().stream()
        .filter(
            row ->
                row.graph(DType.F64).ops().stream().allMatch(GradientCheckTest::isDifferentiable));
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void gradientsEqualCentralDifferences(OpCase row) {
    Graph forward = row.graph(DType.F64);
    Map<Value, Value> seeds = seeds(forward);
    List<Value> wrt =
        forward.values().stream()
            .filter(value -> value.dtype().isFloating())
            .filter(value -> value.role() == Role.INPUT || value.role() == Role.PARAMETER)
            .filter(value -> !value.name().equals(Values.TARGETS))
            .toList();
    Gradients gradients = Gradients.of(forward, seeds, wrt);
    Map<Value, Tensor> inputs = RandomInputs.of(gradients.graph(), SEED);
    try (Session analytic = new ReferenceBackend().compile(gradients.graph());
        Session numeric = new ReferenceBackend().compile(forward)) {
      inputs.forEach(analytic::write);
      analytic.run();
      for (Value value : wrt) {
        Value gradient = Objects.requireNonNull(gradients.of().get(value));
        double[] expected = analytic.read(gradient).toDoubles();
        new Check(row, numeric, seeds, inputs, value).require(expected);
      }
    }
  }

  /** The gradients of the results that are differentiated: not of statistics and masks. */
  private static Map<Value, Value> seeds(Graph graph) {
    Map<Value, Value> seeds = new LinkedHashMap<>();
    for (Op op : graph.ops()) {
      Value dst = op.outputs().getFirst();
      if (graph.outputs().contains(dst)) {
        seeds.put(dst, Value.input("seed_" + dst.name(), dst.shape(), dst.dtype()));
      }
    }
    return seeds;
  }

  /** The check of the gradient of one value. */
  private record Check(
      OpCase row,
      Session session,
      Map<Value, Value> seeds,
      Map<Value, Tensor> inputs,
      Value value) {

    void require(double[] gradient) {
      Random random = new Random(SEED + value.name().hashCode());
      double[] point = tensor(value).toDoubles();
      double largest = 0;
      double sum = 0;
      for (double element : gradient) {
        largest = Math.max(largest, Math.abs(element));
        sum += Math.abs(element);
      }
      if (largest == 0 && row.seesNothing()) {
        return;
      }
      assertThat(largest).as("largest gradient of %s in %s", value, row).isPositive();
      for (int sample = 0; sample < Math.min(SAMPLES, point.length); sample++) {
        int i = point.length <= SAMPLES ? sample : random.nextInt(point.length);
        double[] direction = new double[point.length];
        direction[i] = 1;
        requireClose("element " + i, gradient[i], difference(point, direction), largest);
      }
      double[] direction = random.doubles(point.length, -1, 1).toArray();
      double along = 0;
      for (int i = 0; i < gradient.length; i++) {
        along += gradient[i] * direction[i];
      }
      requireClose("a random direction", along, difference(point, direction), sum);
    }

    private void requireClose(String where, double analytic, double numeric, double scale) {
      assertThat(Math.abs(analytic - numeric))
          .as(
              "%s, gradient of %s, %s: %s against difference %s, seed %d",
              row, value, where, analytic, numeric, SEED)
          .isLessThanOrEqualTo(TOLERANCE * scale);
    }

    /** The derivative of the seeded sum of the results along a direction. */
    private double difference(double[] point, double[] direction) {
      DoubleUnaryOperator along =
          step -> {
            double[] moved = point.clone();
            for (int i = 0; i < moved.length; i++) {
              moved[i] += step * direction[i];
            }
            return evaluate(Tensor.of(value.shape(), moved));
          };
      return (along.applyAsDouble(STEP) - along.applyAsDouble(-STEP)) / (2 * STEP);
    }

    /** Writes everything anew, for runs change states. */
    private double evaluate(Tensor moved) {
      for (Value known : session.graph().values()) {
        if (known.role() != Role.ACTIVATION) {
          session.write(known, known.equals(value) ? moved : tensor(known));
        }
      }
      session.run();
      double sum = 0;
      for (Map.Entry<Value, Value> entry : seeds.entrySet()) {
        double[] dst = session.read(entry.getKey()).toDoubles();
        double[] seed = tensor(entry.getValue()).toDoubles();
        for (int i = 0; i < dst.length; i++) {
          // The largest of no elements is -infinity wherever the others move.
          sum += dst[i] == Double.NEGATIVE_INFINITY ? 0 : dst[i] * seed[i];
        }
      }
      return sum;
    }

    private Tensor tensor(Value known) {
      return Objects.requireNonNull(inputs.get(known));
    }
  }

  private static boolean isDifferentiable(Op op) {
    return switch (op) {
      case AdaptiveAvgPool2d _,
          Add _,
          AvgPool2d _,
          BatchNorm _,
          BatchNormInference _,
          Concat _,
          Conv2d _,
          Dropout _,
          Eltwise _,
          GlobalAvgPool _,
          Linear _,
          MaxPool2d _,
          Relu _,
          Reshape _,
          SoftmaxCrossEntropy _,
          ZeroPadShortcut _ ->
          true;
      case AllReduce _,
          AdaptiveAvgPool2dBackward _,
          AvgPool2dBackward _,
          BatchNormBackward _,
          BiasGradient _,
          Binary _,
          Cast _,
          ConcatBackward _,
          Dequantize _,
          Quantize _,
          QuantizedConv2d _,
          Conv2dBackwardData _,
          Conv2dBackwardWeights _,
          DropoutBackward _,
          EltwiseBackward _,
          GlobalAvgPoolBackward _,
          GradientClip _,
          Lerp _,
          LinearBackwardData _,
          LinearBackwardWeights _,
          LocalResponseNorm _,
          LossScaleUpdate _,
          MaxPool2dBackward _,
          Normalize _,
          Pad _,
          ParameterUpdate _,
          ReluBackward _,
          Slice _,
          Softmax _,
          SoftmaxCrossEntropyBackward _,
          TopK _,
          Transpose _,
          ZeroPadShortcutBackward _ ->
          false;
    };
  }
}
