package dev.residual.backend.cudnn.operation;

import java.util.List;

/** The tensors of operation graphs, each like another one. */
final class Tensors {
  private Tensors() {}

  /** Images of the extents of others that are not stored; FLOAT, so that nothing is rounded. */
  static GraphTensor inner(String name, GraphTensor like) {
    return like(name, like, ElementType.FLOAT).asVirtual();
  }

  /** A tensor in memory with the extents of another one. */
  static GraphTensor like(String name, GraphTensor like, ElementType type) {
    return new GraphTensor(name, like.dims(), like.strides(), type, Storage.MEMORY, 0);
  }

  /** A number of the type FLOAT for each channel of images. */
  static GraphTensor floats(String name, GraphTensor images) {
    return GraphTensor.channels(name, images.dims().get(1), ElementType.FLOAT);
  }

  /** One bit for each element of images: whether a ReLU lets it pass. */
  static GraphTensor mask(GraphTensor images) {
    return like("mask", images, ElementType.BOOLEAN);
  }

  /** A number of the type FLOAT that a graph contains. */
  static GraphTensor constant(String name, double value) {
    return GraphTensor.constant(name, ElementType.FLOAT, value);
  }

  /** The result of a convolution, of the type of its images. */
  static GraphTensor result(String name, GraphTensor x, GraphTensor w, Convolution convolution) {
    List<Long> image = x.dims();
    List<Long> filter = w.dims();
    return GraphTensor.image(
        name,
        image.get(0),
        filter.get(0),
        convolution.outHeight(image.get(2), filter.get(2)),
        convolution.outWidth(image.get(3), filter.get(3)),
        x.type());
  }
}
