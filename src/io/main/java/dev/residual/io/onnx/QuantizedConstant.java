package dev.residual.io.onnx;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;

/**
 * Weights that the file holds as integers, with the zero point 0.
 *
 * @param integers signed, of 8 bits
 * @param scales what 1 stands for: one number, or one for each output channel
 */
public record QuantizedConstant(Tensor integers, List<Double> scales) {

  /** Copies the scales. */
  public QuantizedConstant {
    scales = List.copyOf(scales);
  }

  /** What 1 stands for in each output channel. */
  Tensor scales(int channels) {
    Tensor tensor = Tensor.zeros(DType.F32, Shape.of(channels));
    for (int i = 0; i < channels; i++) {
      tensor.set(i, scales.get(scales.size() == 1 ? 0 : i));
    }
    return tensor;
  }
}
