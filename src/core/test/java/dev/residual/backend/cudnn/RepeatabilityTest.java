package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Results that repeat bit for bit, on a device whose heuristics prefer engines that do not. */
@ExtendWith(SoftwareDevice.class)
class RepeatabilityTest {
  /** Plans are kept for the life of the process, hence a width that no other test has. */
  private static final int WIDTH = 131;

  private static List<Tensor> twoRuns(CompileOptions options) {
    Value images = Value.input("images", Shape.of(1, 8, 4, WIDTH), DType.F16);
    Conv2d convolution = Conv2d.of("conv", images, 8, Window.square(3, 1, 1));
    SoftwareDevice.set("nondeterministic", 1);
    try (Session session = SoftwareDevice.backend().compile(Graph.of(convolution), options)) {
      session.write(images, ones(images));
      session.write(convolution.weights(), ones(convolution.weights()));
      return Stream.of(1, 2)
          .map(
              _ -> {
                session.run();
                return session.read(convolution.dst());
              })
          .toList();
    } finally {
      SoftwareDevice.set("nondeterministic", 0);
    }
  }

  private static Tensor ones(Value value) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (long i = 0; i < value.shape().elements(); i++) {
      tensor.set(i, 1);
    }
    return tensor;
  }

  private static long mismatch(List<Tensor> results) {
    return results.get(0).data().mismatch(results.get(1).data());
  }

  @Test
  void resultsRepeatUnlessTheyNeedNot() {
    CompileOptions options = CompileOptions.DEFAULT;
    assertThat(mismatch(twoRuns(options))).isEqualTo(-1);
    assertThat(mismatch(twoRuns(options.withDeterministic(true)))).isEqualTo(-1);
    assertThat(mismatch(twoRuns(options.withDeterministic(false)))).isNotEqualTo(-1);
  }
}
