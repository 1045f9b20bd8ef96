package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.OpCase;
import dev.residual.OpCases;
import dev.residual.RandomInputs;
import dev.residual.ReferenceComparison;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.tensor.DType;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trials find what oneDNN computes wrongly where nothing else keeps it from being used. */
@ExtendWith(HeldInstructions.class)
class KernelTrialsTest {
  private static final KernelSettings TRIALS_ALONE =
      new KernelSettings(1, false, Set.of(Algorithm.ONEDNN))
          .with(new Safeguards(false, false, true, 0));

  @TestFactory
  Stream<DynamicTest> whatIsWrongIsFoundAndNotUsed() {
    return OpCases.oddWindows()
        .flatMap(
            row ->
                FloatTypes.ofCpu().stream()
                    .map(
                        dtype ->
                            DynamicTest.dynamicTest(
                                dtype + " " + row, () -> requireTrial(row, dtype))));
  }

  /** What rounding alone does to transforms is no fault. */
  @TestFactory
  Stream<DynamicTest> whatIsRightIsFoundToBe() {
    assumeTrue(KernelLibrary.isAvailable(), "Residual's own kernels are not built");
    return Stream.of(Algorithm.DIRECT, Algorithm.WINOGRAD, Algorithm.WINOGRAD_BF16)
        .flatMap(
            algorithm ->
                FloatTypes.ofCpu().stream()
                    .map(
                        dtype ->
                            DynamicTest.dynamicTest(
                                algorithm + " " + dtype, () -> requireRight(algorithm, dtype))));
  }

  @Test
  void linearLayersAreTriedToo() {
    KernelSettings settings = new KernelSettings(1, false, Set.of(Algorithm.ONEDNN));
    for (DType dtype : FloatTypes.ofCpu()) {
      for (OpCase row : OpCases.all()) {
        for (Op op : row.name().startsWith("linear") ? row.graph(dtype).ops() : List.<Op>of()) {
          if (op instanceof Linear
              || op instanceof LinearBackwardData
              || op instanceof LinearBackwardWeights) {
            Convolved it = Convolved.of(op);
            assertThat(new ConvolutionTrial(it, false, 0).holds(settings)).as(row.name()).isTrue();
          }
        }
      }
    }
  }

  /** Of the layer that is run, the sums that are expected leave out or add products. */
  @ParameterizedTest
  @ValueSource(strings = {"linear", "linear backward data"})
  void aLinearLayerThatComputesSomethingElseIsFound(String kind) {
    KernelSettings settings = new KernelSettings(1, false, Set.of(Algorithm.ONEDNN));
    Op op = OpCases.named(kind + " 8x64 to 10").graph(DType.F32).ops().getLast();
    Convolved it = Convolved.of(op);
    Convolved other = new Convolved(op, it.src(), it.weights(), it.dst(), it.window(), 2);
    assertThat(new ConvolutionTrial(other, false, 0).holds(settings)).isFalse();
  }

  private static void requireRight(Algorithm algorithm, DType dtype) {
    KernelSettings settings =
        new KernelSettings(2, true, Set.of(algorithm)).with(new Safeguards(true, true, false, 0));
    for (OpCase row : OpCases.usual().toList()) {
      for (Op op : row.graph(dtype).ops()) {
        if (Convolved.isConvolution(op) && !(op instanceof QuantizedConv2d)) {
          double rounding = KernelTrials.rounding(algorithm);
          assertThat(new ConvolutionTrial(Convolved.of(op), false, rounding).holds(settings))
              .as(row.name())
              .isTrue();
        }
      }
    }
  }

  private static void requireTrial(OpCase row, DType dtype) {
    Graph graph = row.graph(dtype);
    Convolved convolved = convolution(graph);
    assumeFalse(
        KnownFaults.seesPaddingAlone(convolved, convolved.window()),
        "without safeguards a window over padding alone can end the process");
    try {
      new ReferenceComparison(row, dtype, RandomInputs.of(graph, 1), row.tolerance(dtype))
          .require(graph, g -> OneDnnTarget.compile(g, TRIALS_ALONE));
    } catch (UnsupportedOpException e) {
      assumeFalse(true, e.getMessage());
    }
  }

  private static Convolved convolution(Graph graph) {
    return Convolved.of(
        graph.ops().stream().filter(Convolved::isConvolution).findFirst().orElseThrow());
  }
}
