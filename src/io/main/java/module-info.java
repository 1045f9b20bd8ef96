import org.jspecify.annotations.NullMarked;

/** Checkpoints, ONNX, images and data sets. */
@NullMarked
module dev.residual.io {
  requires transitive dev.residual;
  requires java.desktop;
  requires static org.jspecify;
  requires tools.jackson.core;

  exports dev.residual.io;
}
