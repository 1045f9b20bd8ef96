package dev.residual.backend.reference;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.Span;
import dev.residual.tensor.Shape;
import java.util.Arrays;

/** Average pooling, over windows and over whole planes, and its gradients. */
final class AvgPoolings {
  private AvgPoolings() {}

  static Step forward(AvgPool2d op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Im2col im2col = Im2col.of(op.src(), op.dst(), op.window());
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int plane = i / im2col.positions() * im2col.plane();
        int oy = i % im2col.positions() / im2col.ow();
        int ox = i % im2col.ow();
        Span columns = im2col.columns(ox);
        double sum = 0;
        for (int ky = im2col.rows(oy).first(); ky < im2col.rows(oy).end(); ky++) {
          int row = plane + im2col.y(oy, ky) * im2col.w();
          for (int kx = columns.first(); kx < columns.end(); kx++) {
            sum += src[row + im2col.x(ox, kx)];
          }
        }
        dst[i] = sum / terms(im2col, oy, ox, op.includePadding());
      }
    };
  }

  static Step backward(AvgPool2dBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    Im2col im2col = Im2col.of(op.diffSrc(), op.diffDst(), op.window());
    return () -> {
      Arrays.fill(diffSrc, 0);
      for (int i = 0; i < diffDst.length; i++) {
        int plane = i / im2col.positions() * im2col.plane();
        int oy = i % im2col.positions() / im2col.ow();
        int ox = i % im2col.ow();
        Span columns = im2col.columns(ox);
        double share = diffDst[i] / terms(im2col, oy, ox, op.includePadding());
        for (int ky = im2col.rows(oy).first(); ky < im2col.rows(oy).end(); ky++) {
          int row = plane + im2col.y(oy, ky) * im2col.w();
          for (int kx = columns.first(); kx < columns.end(); kx++) {
            diffSrc[row + im2col.x(ox, kx)] += share;
          }
        }
      }
    };
  }

  /** How many elements a mean is over; of padding alone, whose sum is 0, any number. */
  private static double terms(Im2col im2col, int oy, int ox, boolean includePadding) {
    return includePadding
        ? im2col.window().kernelElements()
        : Math.max(1, (double) im2col.rows(oy).size() * im2col.columns(ox).size());
  }

  static Step adaptive(AdaptiveAvgPool2d op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Parts parts = new Parts(op.src().shape(), op.dst().shape());
    return () -> {
      Arrays.fill(dst, 0);
      parts.forEach((i, part, terms) -> dst[part] += src[i] / terms);
    };
  }

  static Step adaptiveBackward(AdaptiveAvgPool2dBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    Parts parts = new Parts(op.diffSrc().shape(), op.diffDst().shape());
    return () -> {
      Arrays.fill(diffSrc, 0);
      parts.forEach((i, part, terms) -> diffSrc[i] += diffDst[part] / terms);
    };
  }

  /** The parts of images of a shape whose means have another shape. */
  private record Parts(Shape image, Shape means) {

    /** What is done with an element, the part it belongs to, and how many elements that has. */
    interface Visit {
      void at(int element, int part, int terms);
    }

    void forEach(Visit visit) {
      int height = image.dim(2);
      int width = image.dim(3);
      for (int part = 0; part < means.elements(); part++) {
        int ox = part % means.dim(3);
        int oy = part / means.dim(3) % means.dim(2);
        int plane = part / means.dim(3) / means.dim(2) * height * width;
        Span rows = AdaptiveAvgPool2d.part(oy, means.dim(2), height);
        Span columns = AdaptiveAvgPool2d.part(ox, means.dim(3), width);
        for (int y = rows.first(); y < rows.end(); y++) {
          for (int x = columns.first(); x < columns.end(); x++) {
            visit.at(plane + y * width + x, part, rows.size() * columns.size());
          }
        }
      }
    }
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
