package dev.residual.djl;

import ai.djl.modality.cv.Image.Interpolation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transforms;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Images on the way to a network, with the arithmetic of {@link dev.residual.io.Classifier}, so
 * that both see the same bits.
 */
final class ImageTensors {
  private static final int COLORS = 3;

  private ImageTensors() {}

  /** Colours from 0 to 1, channels first, F32: of one image h w c, or of several. */
  static Tensor scaled(Tensor images) {
    int rank = images.shape().rank();
    if (rank != 3 && rank != 4) {
      throw new IllegalArgumentException(
          "an image is %s, expected h w c or n h w c".formatted(images));
    }
    Tensor first =
        rank == 3 ? Movement.transpose(images, 2, 0, 1) : Movement.transpose(images, 0, 3, 1, 2);
    Tensor dst = Tensor.zeros(DType.F32, first.shape());
    for (long i = 0; i < first.shape().elements(); i++) {
      dst.set(i, (float) first.get(i) / 255f);
    }
    return dst;
  }

  /** Without the mean and by the deviation of each channel: of one image c h w, or of several. */
  static Tensor normalize(Tensor images, float[] mean, float[] std) {
    Shape shape = images.shape();
    int channels = shape.rank() < 3 ? 0 : shape.dim(-3);
    if (channels != mean.length || channels != std.length) {
      throw new IllegalArgumentException(
          "an image is %s, expected %d channels h w for %d means and %d deviations"
              .formatted(images, mean.length, mean.length, std.length));
    }
    Tensor dst = Tensor.zeros(DType.F32, shape);
    long plane = (long) shape.dim(-2) * shape.dim(-1);
    for (long i = 0; i < shape.elements(); i++) {
      int c = (int) (i / plane % channels);
      dst.set(i, ((float) images.get(i) - mean[c]) / std[c]);
    }
    return dst;
  }

  /** Whether this can resize: bilinear, one image h w c of bytes in three colours. */
  static boolean isResized(Tensor image, int interpolation) {
    return interpolation == Interpolation.BILINEAR.ordinal()
        && image.dtype() == DType.U8
        && image.shape().rank() == 3
        && image.shape().dim(2) == COLORS;
  }

  static Tensor resize(Tensor image, int width, int height) {
    byte[] rgb = image.data().toArray(ValueLayout.JAVA_BYTE);
    Pixels pixels = new Pixels(image.shape().dim(0), image.shape().dim(1), rgb);
    // No chance is used.
    Pixels resized = Transforms.resize(height, width).apply(pixels, new SplittableRandom(0));
    return new Tensor(
        DType.U8, Shape.of(height, width, COLORS), MemorySegment.ofArray(resized.rgb()));
  }
}
