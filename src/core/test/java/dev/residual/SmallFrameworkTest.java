package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.SmallFramework.Variable;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ten steps of a small network, called operation by operation, end where PyTorch ends.
 *
 * <p>Element i of a tensor is {@code scale * (sin(0.7 i + seed) + cos(0.01 i * i + 2 seed))},
 * computed in double and rounded to float; the label of image n is {@code 3 n mod 5}. PyTorch 2.13
 * computed in double what is expected: {@code relu(conv2d(x, w1, b1, padding=1))}, {@code
 * relu(conv2d(h, w2, b2, stride=2, padding=1))}, {@code mean((2, 3))}, {@code linear(h, w3, b3)},
 * {@code cross_entropy}, and SGD with rate 0.05, momentum 0.9 and weight decay 0.001.
 */
class SmallFrameworkTest {
  private static final int IMAGES = 4;
  private static final int CLASSES = 5;

  /** What float rounds to in ten steps is a hundredth of that. */
  private static final double TOLERANCE = 1e-5;

  private static final double[] LOSSES = {
    1.750212144, 1.718084232, 1.665085704, 1.605303950, 1.549988920,
    1.502724900, 1.462662830, 1.429441822, 1.400967062, 1.375449553
  };

  /** Of each parameter after the last step the sum of squares, and of {@code cos(i)} times it. */
  private static final double[][] SUMS = {
    {7.768895233, -1.562206520},
    {0.084431726, 0.202099580},
    {8.799100130, 2.930802637},
    {0.152239490, -0.008945145},
    {5.566649673, -0.732795337},
    {0.199883335, 0.107453304}
  };

  private static Variable variable(int seed, double scale, int... dims) {
    Variable variable = new Variable(Shape.of(dims));
    float[] data = variable.data();
    for (int i = 0; i < data.length; i++) {
      data[i] = (float) (scale * (Math.sin(0.7 * i + seed) + Math.cos(0.01 * i * i + 2.0 * seed)));
    }
    return variable;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void tenStepsEndWherePyTorchEnds(String backend) {
    List<Variable> parameters =
        List.of(
            variable(1, 0.2, 8, 3, 3, 3),
            variable(2, 0.1, 8),
            variable(3, 0.1, 12, 8, 3, 3),
            variable(4, 0.1, 12),
            variable(5, 0.3, CLASSES, 12),
            variable(6, 0.1, CLASSES));
    int[] labels = new int[IMAGES];
    for (int n = 0; n < IMAGES; n++) {
      labels[n] = 3 * n % CLASSES;
    }
    try (SmallFramework framework = new SmallFramework(Backends.named(backend))) {
      Variable images = variable(7, 0.8, IMAGES, 3, 9, 7);
      Variable first =
          framework.relu(
              framework.conv(images, parameters.get(0), parameters.get(1), Window.square(3, 1, 1)));
      Variable second =
          framework.relu(
              framework.conv(first, parameters.get(2), parameters.get(3), Window.square(3, 2, 1)));
      Variable logits =
          framework.linear(framework.mean(second), parameters.get(4), parameters.get(5));
      Variable loss = framework.loss(logits, labels);
      parameters.forEach(parameter -> framework.optimize(parameter, 0.9, 1e-3));
      for (int step = 0; step < LOSSES.length; step++) {
        framework.step(0.05);
        assertThat((double) loss.data()[0])
            .as("loss of step %d", step)
            .isCloseTo(LOSSES[step], Offset.offset(TOLERANCE));
      }
    }
    for (int p = 0; p < SUMS.length; p++) {
      double squares = 0;
      double sum = 0;
      float[] data = parameters.get(p).data();
      for (int i = 0; i < data.length; i++) {
        squares += (double) data[i] * data[i];
        sum += Math.cos(i) * data[i];
      }
      assertThat(squares).isCloseTo(SUMS[p][0], Offset.offset(TOLERANCE * SUMS[p][0]));
      assertThat(sum).isCloseTo(SUMS[p][1], Offset.offset(TOLERANCE));
    }
  }
}
