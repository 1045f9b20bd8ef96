package dev.residual.bench.tensorflow;

import dev.residual.bench.NetworkTask;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.RewriterConfig;
import org.tensorflow.types.TFloat32;

/** Tensors in TensorFlow's layouts, and its settings. */
final class Constants {
  private Constants() {}

  /** Images n h w c. */
  static TFloat32 images(Tensor images) {
    return permuted(images, 0, 2, 3, 1);
  }

  /** Weights h w i o of convolutions, others as they are. */
  static TFloat32 weights(Tensor weights) {
    return weights.shape().rank() == 4
        ? permuted(weights, 2, 3, 1, 0)
        : tensor(longs(weights.shape().dims()), weights.toFloats());
  }

  private static TFloat32 permuted(Tensor tensor, int... order) {
    int[] dims = tensor.shape().dims();
    long[] shape = new long[4];
    long[] strides = new long[4];
    for (int i = 0; i < 4; i++) {
      shape[i] = dims[order[i]];
      strides[i] = 1;
      for (int j = order[i] + 1; j < 4; j++) {
        strides[i] *= dims[j];
      }
    }
    float[] from = tensor.toFloats();
    float[] to = new float[from.length];
    int next = 0;
    for (long a = 0; a < shape[0]; a++) {
      for (long b = 0; b < shape[1]; b++) {
        for (long c = 0; c < shape[2]; c++) {
          for (long d = 0; d < shape[3]; d++) {
            to[next++] =
                from[(int) (a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3])];
          }
        }
      }
    }
    return tensor(shape, to);
  }

  private static TFloat32 tensor(long[] shape, float[] elements) {
    return TFloat32.tensorOf(Shape.of(shape), DataBuffers.of(elements));
  }

  private static long[] longs(int[] dims) {
    return java.util.Arrays.stream(dims).asLongStream().toArray();
  }

  static ConfigProto configuration(NetworkTask task) {
    RewriterConfig.Builder rewriter = RewriterConfig.newBuilder();
    if (task.dtype() == DType.BF16) {
      rewriter.setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON);
    }
    return ConfigProto.newBuilder()
        .setIntraOpParallelismThreads(task.threads())
        .setInterOpParallelismThreads(1)
        .setGraphOptions(GraphOptions.newBuilder().setRewriteOptions(rewriter))
        .build();
  }
}
