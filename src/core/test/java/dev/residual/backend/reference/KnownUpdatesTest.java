package dev.residual.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the optimiser and the scale of the loss make of values given by hand. */
class KnownUpdatesTest extends KnownValues {

  @Test
  void stochasticGradientDescent() {
    Value parameter = parameter("parameter", Shape.of(1), 1);
    Value gradient = input("gradient", Shape.of(1), 0.5);
    Value velocity = state("velocity", Shape.of(1), 2);
    Value rate = input("learningRate", Shape.SCALAR, 0.1);
    Op plain = new SgdUpdate(parameter, gradient, null, rate, 0, 0.1, false);
    Op momentum = new SgdUpdate(parameter, gradient, velocity, rate, 0.9, 0.1, false);
    Op nesterov = new SgdUpdate(parameter, gradient, velocity, rate, 0.9, 0.1, true);
    assertThat(result(plain, parameter)).containsExactly(new double[] {0.94}, within(1e-12));
    assertThat(result(momentum, velocity)).containsExactly(new double[] {2.4}, within(1e-12));
    assertThat(result(momentum, parameter)).containsExactly(new double[] {0.76}, within(1e-12));
    assertThat(result(nesterov, velocity)).containsExactly(new double[] {2.4}, within(1e-12));
    assertThat(result(nesterov, parameter)).containsExactly(new double[] {0.724}, within(1e-12));
  }

  @Test
  void aFactorMultipliesTheGradientAlone() {
    Value parameter = parameter("parameter", Shape.of(1), 1);
    Value gradient = input("gradient", Shape.of(1), 512);
    Value velocity = state("velocity", Shape.of(1), 2);
    Value rate = input("learningRate", Shape.SCALAR, 0.1);
    Value factor = input("factor", Shape.SCALAR, 0x1p-10);
    SgdUpdate update = new SgdUpdate(parameter, gradient, velocity, rate, factor, 0.9, 0.1, false);
    assertThat(result(update, velocity)).containsExactly(new double[] {2.4}, within(1e-12));
    assertThat(result(update, parameter)).containsExactly(new double[] {0.76}, within(1e-12));
    given.put(factor, new double[] {0});
    given.put(gradient, new double[] {Double.NaN});
    assertThat(result(update, velocity)).containsExactly(2);
    assertThat(result(update, parameter)).containsExactly(1);
  }

  /** As PyTorch's GradScaler, but for the bounds. */
  @ParameterizedTest
  @CsvSource({
    "65536, 0, 1, 0x1p-16, 65536, 1",
    "65536, 3, 1, 0x1p-16, 131072, 0",
    "65536, 9, 1, 0x1p-16, 131072, 0",
    "65536, 2, NaN, 0, 32768, 0",
    "65536, 3, Infinity, 0, 32768, 0",
    "65536, 3, -Infinity, 0, 32768, 0",
    "1, 3, 1, 1, 2, 0",
    "1, 3, NaN, 0, 1, 0",
    "16777216, 3, 1, 0x1p-24, 16777216, 0",
    "16777216, 3, NaN, 0, 8388608, 0",
    "0, 3, 1, 0, 65536, 0",
    "33554432, 3, 1, 0, 65536, 0",
    "0.5, 0, NaN, 0, 65536, 0",
    "NaN, 0, 1, 0, 65536, 0"
  })
  void lossScale(
      double scale, int good, double gradient, double factor, double nextScale, int nextGood) {
    Value first = input("first", Shape.of(2), 1, -3);
    Value second = input("second", Shape.of(1, 2), 2, gradient);
    LossScaleUpdate update = LossScaleUpdate.of(List.of(first, second)).withGrowthInterval(4);
    give(update.scale(), scale);
    give(update.goodSteps(), good);
    assertThat(result(update, update.factor())).containsExactly(factor);
    assertThat(result(update, update.scale())).containsExactly(nextScale);
    assertThat(result(update, update.goodSteps())).containsExactly(nextGood);
  }
}
