package dev.residual.backend.onednn;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.residual.OpCase;
import dev.residual.OpCases;
import dev.residual.RandomInputs;
import dev.residual.ReferenceComparison;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
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
