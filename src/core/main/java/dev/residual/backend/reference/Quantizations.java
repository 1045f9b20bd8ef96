package dev.residual.backend.reference;

import dev.residual.graph.Dequantize;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.tensor.DType;
import java.util.Arrays;

/** Rounding to 8-bit integers, and convolution of such: whole numbers that doubles hold exactly. */
final class Quantizations {
  private Quantizations() {}

  static Step quantize(Quantize op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    DType type = op.dst().dtype();
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = integer(src[i] / op.scale(), type);
      }
    };
  }

  static Step dequantize(Dequantize op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = src[i] * op.scale();
      }
    };
  }

  static Step convolution(QuantizedConv2d op, Buffers buffers) {
    Step products =
        Convolutions.products(op.src(), op.weights(), op.dst(), op.window(), op.groups(), buffers);
    double[] scale = buffers.elements(op.weightsScale());
    double[] bias = buffers.elementsOrNull(op.bias());
    double[] add = buffers.elementsOrNull(op.add());
    double[] dst = buffers.elements(op.dst());
    DType type = op.dst().dtype();
    int channels = op.dst().shape().dim(1);
    int positions = op.dst().shape().dim(2) * op.dst().shape().dim(3);
    return () -> {
      Arrays.fill(dst, 0);
      products.run();
      for (int i = 0; i < dst.length; i++) {
        int c = i / positions % channels;
        double sum =
            dst[i] * op.srcScale() * scale[c]
                + (bias == null ? 0 : bias[c])
                + (add == null ? 0 : add[i] * op.addScale());
        double result = op.relu() ? Math.max(sum, 0) : sum;
        dst[i] = type.isFloating() ? result : integer(result / op.dstScale(), type);
      }
    };
  }

  /** The nearest integer in the range of a type, the even one of two; of NaN 0. */
  private static double integer(double number, DType type) {
    if (Double.isNaN(number)) {
      return 0;
    }
    return type == DType.U8
        ? Math.clamp(Math.rint(number), 0, 255)
        : Math.clamp(Math.rint(number), Byte.MIN_VALUE, Byte.MAX_VALUE);
  }
}
