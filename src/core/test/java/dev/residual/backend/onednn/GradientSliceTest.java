package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GradientSliceTest {

  /** Of random windows, on small integers: sums are exact in any order. */
  @Test
  void slicesAddUpToTheWhole() {
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      int kernel = 1 + random.nextInt(3);
      Window window =
          new Window(
              kernel,
              kernel,
              1 + random.nextInt(3),
              1,
              random.nextInt(4),
              0,
              random.nextInt(4),
              0,
              1 + random.nextInt(2),
              1);
      Shape src = Shape.of(1 + random.nextInt(4), 2, 3 + random.nextInt(8), 4);
      if (window.outH(src.dim(2)) > 0) {
        requireSum(window, src, random);
      }
    }
  }

  private static void requireSum(Window window, Shape srcShape, Random random) {
    Value src = Value.input("src", srcShape);
    Value weights = Value.parameter("w", Shape.of(3, 2, window.kernelH(), window.kernelW()));
    Shape dst = Conv2d.dstShape(src, weights, window);
    Value diffDst = Value.input("diffDst", dst);
    Value diffWeights = Value.activation("diffWeights", weights.shape());
    Conv2dBackwardWeights op =
        new Conv2dBackwardWeights(src, diffDst, diffWeights, null, window, 1);
    float[] images = integers(random, srcShape);
    float[] gradient = integers(random, dst);
    float[] whole = run(op, images, gradient);
    float[] sum = new float[whole.length];
    for (GradientSlice slice : GradientSlice.of(op, 1L << 2 + random.nextInt(8))) {
      float[] part =
          run(
              slice.part(op, diffWeights, null),
              rows(images, srcShape, slice, slice.srcRow(), slice.srcRows()),
              rows(gradient, dst, slice, slice.dstRow(), slice.dstRows()));
      for (int i = 0; i < sum.length; i++) {
        sum[i] += part[i];
      }
    }
    assertThat(sum).as("%s over %s", window, srcShape).isEqualTo(whole);
  }

  private static float[] run(Conv2dBackwardWeights op, float[] images, float[] gradient) {
    try (Session session = Backends.reference().compile(Graph.of(op))) {
      session.write(op.src(), Tensor.of(op.src().shape(), images));
      session.write(op.diffDst(), Tensor.of(op.diffDst().shape(), gradient));
      session.run();
      return session.read(op.diffWeights()).toFloats();
    }
  }

  private static float[] integers(Random random, Shape shape) {
    float[] numbers = new float[(int) shape.elements()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextInt(7) - 3;
    }
    return numbers;
  }

  /** Rows of some images, row-major. */
  private static float[] rows(float[] all, Shape shape, GradientSlice slice, int row, int rows) {
    int length = rows * shape.dim(3);
    int planes = slice.images() * shape.dim(1);
    float[] part = new float[planes * length];
    for (int p = 0; p < planes; p++) {
      int plane = slice.image() * shape.dim(1) + p;
      int start = (plane * shape.dim(2) + row) * shape.dim(3);
      System.arraycopy(all, start, part, p * length, length);
    }
    return part;
  }
}
