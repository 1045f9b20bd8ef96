package dev.residual.backend.reference;

import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.Window;
import java.util.Arrays;

/** Average pooling, over windows and over whole planes, and its gradients. */
final class AvgPoolings {
  private AvgPoolings() {}

  static Step forward(AvgPool2d op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Window window = op.window();
    Im2col im2col = Im2col.of(op.src(), op.dst(), window);
    double[] divisors = divisors(im2col, op.includePadding());
    double[] column = new double[im2col.positions()];
    return () -> {
      Arrays.fill(dst, 0);
      for (int p = 0; p * im2col.positions() < dst.length; p++) {
        int offset = p * im2col.positions();
        for (int k = 0; k < window.kernelH() * window.kernelW(); k++) {
          im2col.gather(
              src, p * im2col.plane(), k / window.kernelW(), k % window.kernelW(), column);
          Blas1.axpy(column.length, 1, column, 0, dst, offset);
        }
        for (int i = 0; i < column.length; i++) {
          dst[offset + i] /= divisors[i];
        }
      }
    };
  }

  static Step backward(AvgPool2dBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    Window window = op.window();
    Im2col im2col = Im2col.of(op.diffSrc(), op.diffDst(), window);
    double[] divisors = divisors(im2col, op.includePadding());
    double[] column = new double[im2col.positions()];
    return () -> {
      Arrays.fill(diffSrc, 0);
      for (int p = 0; p * im2col.positions() < diffDst.length; p++) {
        for (int i = 0; i < column.length; i++) {
          column[i] = diffDst[p * im2col.positions() + i] / divisors[i];
        }
        for (int k = 0; k < window.kernelH() * window.kernelW(); k++) {
          im2col.scatter(
              column, k / window.kernelW(), k % window.kernelW(), diffSrc, p * im2col.plane());
        }
      }
    };
  }

  /** How many elements the mean of each window position is over. */
  private static double[] divisors(Im2col im2col, boolean includePadding) {
    int kernel = im2col.window().kernelH() * im2col.window().kernelW();
    double[] divisors = new double[im2col.positions()];
    for (int i = 0; i < divisors.length; i++) {
      for (int k = 0; k < kernel; k++) {
        int y = im2col.y(i / im2col.ow(), k / im2col.window().kernelW());
        int x = im2col.x(i % im2col.ow(), k % im2col.window().kernelW());
        divisors[i] += includePadding || im2col.inside(y, x) ? 1 : 0;
      }
    }
    return divisors;
  }

  static Step global(GlobalAvgPool op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    int plane = src.length / dst.length;
    return () -> {
      for (int p = 0; p < dst.length; p++) {
        double sum = 0;
        for (int i = p * plane; i < (p + 1) * plane; i++) {
          sum += src[i];
        }
        dst[p] = sum / plane;
      }
    };
  }

  static Step globalBackward(GlobalAvgPoolBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    int plane = diffSrc.length / diffDst.length;
    return () -> {
      for (int i = 0; i < diffSrc.length; i++) {
        diffSrc[i] = diffDst[i / plane] / plane;
      }
    };
  }
}
