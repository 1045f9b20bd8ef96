package dev.residual.calibration;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import dev.residual.train.Batch;
import dev.residual.train.BatchSource;
import dev.residual.train.Batches;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights of a convolution whose results, over the patches of some images, have no correlation
 * and equal variance, twice: with either sign.
 *
 * <p>They are the eigenvectors of the mean product of a patch with itself, the one of the largest
 * eigenvalue first, each divided by the root of its eigenvalue plus {@link #EPSILON}; then the same
 * with the other sign (Page, "How to Train Your ResNet"; Jordan 2024, "94% on CIFAR-10 in 3.29
 * Seconds on a Single GPU", section 3.2).
 */
public final class Whitening {
  /** What is added to eigenvalues, so that noise is not raised to the level of all else. */
  public static final double EPSILON = 5e-4;

  /** How many images are looked at. */
  public static final int IMAGES = 5000;

  private final Shape kernels;
  private final double[][] products;
  private final double[] patch;
  private long patches;

  private Whitening(Shape kernels) {
    this.kernels = kernels;
    int size = kernels.dim(0) / 2;
    products = new double[size][size];
    patch = new double[size];
  }

  /**
   * The weights of a network, of which those that {@linkplain ImageNetwork#whitening whiten} are
   * made of images; others stay as they are.
   *
   * @param source the first {@value #IMAGES} images of whose first epoch are looked at
   */
  public static Weights of(ImageNetwork network, Weights weights, BatchSource source) {
    if (network.whitening().isEmpty()) {
      return weights;
    }
    String name = network.whitening().get();
    Map<String, Tensor> tensors = new LinkedHashMap<>(weights.tensors());
    tensors.put(name, of(weights.get(name).shape(), source));
    return new Weights(tensors);
  }

  /**
   * The weights of a convolution.
   *
   * @param kernels their shape, o i kh kw
   * @param source the first {@value #IMAGES} images of whose first epoch are looked at
   * @throws IllegalArgumentException if o is not 2 i kh kw, the images have no such patches, or
   *     they are not finite
   */
  public static Tensor of(Shape kernels, BatchSource source) {
    Shape images = source.shape();
    if (kernels.rank() != 4
        || kernels.dim(0) != 2L * kernels.dim(1) * kernels.dim(2) * kernels.dim(3)) {
      throw new IllegalArgumentException(
          "weights of %s cannot whiten: expected o i kh kw, o twice the product of the others"
              .formatted(kernels));
    }
    if (images.dim(1) != kernels.dim(1)
        || images.dim(2) < kernels.dim(2)
        || images.dim(3) < kernels.dim(3)) {
      throw new IllegalArgumentException(
          "images of %s have no patches for weights of %s".formatted(images, kernels));
    }
    Whitening whitening = new Whitening(kernels);
    try (Batches batches = source.epoch(0, 0)) {
      int left = IMAGES;
      for (Batch batch = batches.next(); batch != null && left > 0; batch = batches.next()) {
        int count = Math.min(batch.count(), left);
        whitening.add(batch, images, count);
        left -= count;
      }
    }
    return whitening.weights();
  }

  private void add(Batch batch, Shape images, int count) {
    long[] strides = Strided.strides(images, batch.layout());
    for (int n = 0; n < count; n++) {
      for (int y = 0; y <= images.dim(2) - kernels.dim(2); y++) {
        for (int x = 0; x <= images.dim(3) - kernels.dim(3); x++) {
          take(batch, n * strides[0] + y * strides[2] + x * strides[3], strides);
          add();
        }
      }
    }
  }

  private void take(Batch batch, long first, long[] strides) {
    int i = 0;
    for (int c = 0; c < kernels.dim(1); c++) {
      for (int ky = 0; ky < kernels.dim(2); ky++) {
        for (int kx = 0; kx < kernels.dim(3); kx++) {
          long at = first + c * strides[1] + ky * strides[2] + kx * strides[3];
          patch[i++] = batch.images().getAtIndex(JAVA_FLOAT, at);
        }
      }
    }
  }

  private void add() {
    patches++;
    for (int i = 0; i < patch.length; i++) {
      for (int j = 0; j <= i; j++) {
        products[i][j] += patch[i] * patch[j];
      }
    }
  }

  private Tensor weights() {
    int n = products.length;
    double[][] means = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        means[i][j] = products[Math.max(i, j)][Math.min(i, j)] / patches;
        if (!Double.isFinite(means[i][j])) {
          throw new IllegalArgumentException(
              "the %d patches of the images have no finite products".formatted(patches));
        }
      }
    }
    SymmetricMatrix matrix = SymmetricMatrix.of(means);
    float[] weights = new float[2 * n * n];
    for (int i = 0; i < n; i++) {
      double scale = 1 / Math.sqrt(matrix.eigenvalues()[i] + EPSILON);
      for (int j = 0; j < n; j++) {
        weights[i * n + j] = (float) (scale * matrix.eigenvectors()[i][j]);
        weights[(n + i) * n + j] = -weights[i * n + j];
      }
    }
    return Tensor.of(kernels, weights);
  }
}
