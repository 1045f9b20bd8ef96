package dev.residual.backend.reference;

import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Span;
import java.util.Arrays;

/** Max pooling and its gradient. */
final class MaxPoolings {
  private MaxPoolings() {}

  static Step forward(MaxPool2d op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    double[] workspace = buffers.elementsOrNull(op.workspace());
    Im2col im2col = Im2col.of(op.src(), op.dst(), op.window());
    int kernelW = op.window().kernelW();
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int plane = i / im2col.positions() * im2col.plane();
        int oy = i % im2col.positions() / im2col.ow();
        int ox = i % im2col.ow();
        Span rows = im2col.rows(oy);
        Span columns = im2col.columns(ox);
        double largest = Double.NEGATIVE_INFINITY;
        int winner = -1;
        for (int ky = rows.first(); ky < rows.end(); ky++) {
          int row = plane + im2col.y(oy, ky) * im2col.w();
          for (int kx = columns.first(); kx < columns.end(); kx++) {
            double element = src[row + im2col.x(ox, kx)];
            if (winner < 0 || element > largest || Double.isNaN(element)) {
              largest = element;
              winner = ky * kernelW + kx;
            }
          }
        }
        dst[i] = largest;
        if (workspace != null) {
          workspace[i] = Math.max(winner, 0);
        }
      }
    };
  }

  static Step backward(MaxPool2dBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] workspace = buffers.elements(op.workspace());
    double[] diffSrc = buffers.elements(op.diffSrc());
    Im2col im2col = Im2col.of(op.diffSrc(), op.diffDst(), op.window());
    int kernelW = op.window().kernelW();
    return () -> {
      Arrays.fill(diffSrc, 0);
      for (int i = 0; i < diffDst.length; i++) {
        int plane = i / im2col.positions() * im2col.plane();
        int winner = (int) workspace[i];
        int y = im2col.y(i % im2col.positions() / im2col.ow(), winner / kernelW);
        int x = im2col.x(i % im2col.ow(), winner % kernelW);
        // A workspace that no forward operation wrote may point into the padding.
        if (im2col.inside(y, x)) {
          diffSrc[plane + y * im2col.w() + x] += diffDst[i];
        }
      }
    };
  }
}
