package dev.residual.backend.reference;

import dev.residual.graph.Add;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;

/** Operations whose results depend on the elements of the same index alone. */
final class Elementwise {
  private Elementwise() {}

  /** The rectified linear unit in place, for epilogues too. */
  static void relu(double[] elements) {
    for (int i = 0; i < elements.length; i++) {
      elements[i] = Math.max(elements[i], 0);
    }
  }

  static Step relu(Relu op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    return () -> {
      System.arraycopy(src, 0, dst, 0, dst.length);
      relu(dst);
    };
  }

  static Step eltwise(Eltwise op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = op.function().at(src[i], op.alpha(), op.beta());
      }
    };
  }

  static Step eltwiseBackward(EltwiseBackward op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    return () -> {
      for (int i = 0; i < diffSrc.length; i++) {
        diffSrc[i] = op.function().gradient(src[i], op.alpha(), op.beta(), diffDst[i]);
      }
    };
  }

  static Step binary(Binary op, Buffers buffers) {
    double[] src0 = buffers.elements(op.src0());
    double[] src1 = buffers.elements(op.src1());
    double[] dst = buffers.elements(op.dst());
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int[] at = Coordinates.of(i, op.dst().shape());
        double a = src0[Coordinates.broadcast(at, op.src0().shape())];
        double b = src1[Coordinates.broadcast(at, op.src1().shape())];
        dst[i] = op.function().at(a, b);
      }
    };
  }

  static Step reluBackward(ReluBackward op, Buffers buffers) {
    double[] dst = buffers.elements(op.dst());
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    return () -> {
      for (int i = 0; i < diffSrc.length; i++) {
        diffSrc[i] = dst[i] <= 0 ? 0 : diffDst[i];
      }
    };
  }

  static Step add(Add op, Buffers buffers) {
    double[] src0 = buffers.elements(op.src0());
    double[] src1 = buffers.elements(op.src1());
    double[] dst = buffers.elements(op.dst());
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = src0[i] + src1[i];
      }
    };
  }

  /** Buffers are rounded to their type when an operation is done. */
  static Step cast(Cast op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    return () -> System.arraycopy(src, 0, dst, 0, dst.length);
  }

  static Step normalize(Normalize op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    int channels = op.mean().size();
    int plane = op.src().shape().dim(2) * op.src().shape().dim(3);
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int c = i / plane % channels;
        dst[i] = (src[i] / 255 - op.mean().get(c)) / op.std().get(c);
      }
    };
  }

  static Step dropout(Dropout op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    long[] random = buffers.get(op.random()).longs;
    double[] dst = buffers.elements(op.dst());
    double[] mask = buffers.elements(op.mask());
    double scale = 1 / (1 - op.probability());
    return () -> {
      for (int i = 0; i < mask.length; i++) {
        mask[i] = Dropout.keeps(random[0], i, op.probability()) ? 1 : 0;
      }
      masked(src, mask, scale, dst);
      random[0]++;
    };
  }

  static Step dropoutBackward(DropoutBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] mask = buffers.elements(op.mask());
    double[] diffSrc = buffers.elements(op.diffSrc());
    double scale = 1 / (1 - op.probability());
    return () -> masked(diffDst, mask, scale, diffSrc);
  }

  /** An element of the mask serves all elements of its row, or one. */
  private static void masked(double[] src, double[] mask, double scale, double[] dst) {
    int row = dst.length / mask.length;
    for (int i = 0; i < dst.length; i++) {
      dst[i] = src[i] * (mask[i / row] * scale);
    }
  }
}
