package dev.residual.backend.reference;

import dev.residual.engine.Communicator;
import dev.residual.graph.AllReduce;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Operations that move elements: reshaping, joining channels, the shortcut without parameters. */
final class Channels {
  private Channels() {}

  static Step allReduce(AllReduce op, Buffers buffers, Communicator communicator) {
    double[][] dsts = parts(op.dsts(), buffers);
    double[][] srcs = parts(op.srcs(), buffers);
    ProcessSums sums = ProcessSums.of(communicator, dsts);
    return () -> {
      for (int i = 0; i < srcs.length; i++) {
        System.arraycopy(srcs[i], 0, dsts[i], 0, srcs[i].length);
      }
      sums.run();
    };
  }

  static Step reshape(Reshape op, Buffers buffers) {
    Buffer src = buffers.get(op.src());
    Buffer dst = buffers.get(op.dst());
    return () -> {
      System.arraycopy(src.elements, 0, dst.elements, 0, dst.elements.length);
      System.arraycopy(src.longs, 0, dst.longs, 0, dst.longs.length);
    };
  }

  static Step concat(Concat op, Buffers buffers) {
    double[] whole = buffers.elements(op.dst());
    double[][] parts = parts(op.srcs(), buffers);
    int images = op.dst().shape().dim(0);
    return () -> {
      int offset = 0;
      for (int n = 0; n < images; n++) {
        for (double[] part : parts) {
          int length = part.length / images;
          System.arraycopy(part, n * length, whole, offset, length);
          offset += length;
        }
      }
    };
  }

  static Step concatBackward(ConcatBackward op, Buffers buffers) {
    double[] whole = buffers.elements(op.diffDst());
    double[][] parts = parts(op.diffSrcs(), buffers);
    int images = op.diffDst().shape().dim(0);
    return () -> {
      int offset = 0;
      for (int n = 0; n < images; n++) {
        for (double[] part : parts) {
          int length = part.length / images;
          System.arraycopy(whole, offset, part, n * length, length);
          offset += length;
        }
      }
    };
  }

  private static double[][] parts(List<Value> values, Buffers buffers) {
    return values.stream().map(buffers::elements).toArray(double[][]::new);
  }

  static Step zeroPadShortcut(ZeroPadShortcut op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    int[] origins = origins(op.src().shape(), op.dst().shape(), op.offset(), op.stride());
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = origins[i] < 0 ? 0 : src[origins[i]];
      }
    };
  }

  static Step zeroPadShortcutBackward(ZeroPadShortcutBackward op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffSrc = buffers.elements(op.diffSrc());
    int[] origins = origins(op.diffSrc().shape(), op.diffDst().shape(), op.offset(), op.stride());
    return () -> {
      Arrays.fill(diffSrc, 0);
      for (int i = 0; i < diffDst.length; i++) {
        if (origins[i] >= 0) {
          diffSrc[origins[i]] = diffDst[i];
        }
      }
    };
  }

  /** For each element of a shortcut's result the element that it is a copy of, or -1 for a zero. */
  private static int[] origins(Shape src, Shape dst, int offset, int stride) {
    int[] origins = new int[(int) dst.elements()];
    int i = 0;
    for (int n = 0; n < dst.dim(0); n++) {
      for (int c = -offset; c < dst.dim(1) - offset; c++) {
        for (int y = 0; y < dst.dim(2); y++) {
          for (int x = 0; x < dst.dim(3); x++) {
            int row = ((n * src.dim(1) + c) * src.dim(2) + y * stride) * src.dim(3);
            origins[i++] = c < 0 || c >= src.dim(1) ? -1 : row + x * stride;
          }
        }
      }
    }
    return origins;
  }
}
