import org.jspecify.annotations.NullMarked;

/** Classification and training of images, and what they read: weights, images, data sets. */
@NullMarked
module dev.residual.io {
  requires transitive dev.residual;
  requires dev.residual.io.onnx.format;
  requires java.desktop;
  requires static org.jspecify;
  requires tools.jackson.core;

  uses javax.imageio.spi.ImageReaderSpi;

  exports dev.residual.io;
  exports dev.residual.io.data;
  exports dev.residual.io.files to
      dev.residual.cli;
  exports dev.residual.io.images;
  exports dev.residual.io.onnx;
  exports dev.residual.io.training;
  exports dev.residual.io.weights;
}
