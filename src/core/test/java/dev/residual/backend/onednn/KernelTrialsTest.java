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
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.tensor.DType;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

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
          .require(graph, g -> OneDnnSession.compile(g, TRIALS_ALONE));
    } catch (UnsupportedOpException e) {
      assumeFalse(true, e.getMessage());
    }
  }

  private static Convolved convolution(Graph graph) {
    return Convolved.of(
        graph.ops().stream().filter(Convolved::isConvolution).findFirst().orElseThrow());
  }
}
