package dev.residual.bench.pytorch;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The making of PyTorch's tensors. */
final class Tensors {
  private Tensors() {}

  /** A copy; of rank four, channels last. */
  static Tensor of(dev.residual.tensor.Tensor tensor, DType dtype) {
    Tensor made = Tensor.create(tensor.toFloats(), longs(tensor.shape())).to(type(dtype));
    return tensor.shape().rank() == 4 ? made.contiguous(torch.MemoryFormat.ChannelsLast) : made;
  }

  static Tensor random(Shape shape, DType dtype) {
    return torch.randn(longs(shape)).to(type(dtype)).contiguous(torch.MemoryFormat.ChannelsLast);
  }

  static torch.ScalarType type(DType dtype) {
    return switch (dtype) {
      case F32 -> torch.ScalarType.Float;
      case BF16 -> torch.ScalarType.BFloat16;
      default -> throw new UnsupportedOperationException("no networks of " + dtype);
    };
  }

  static long[] longs(Shape shape) {
    return Arrays.stream(shape.dims()).asLongStream().toArray();
  }
}
