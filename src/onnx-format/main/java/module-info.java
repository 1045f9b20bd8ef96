/**
 * The messages of ONNX files, and the runtime of Protocol Buffers that reads and writes them.
 *
 * <p>The runtime is protobuf-java in a package of ours: a program may have any other version of it,
 * and images of jlink can hold this one, which is no module of its own.
 */
module dev.residual.io.onnx.format {
  requires java.logging;

  exports dev.residual.io.onnx.format to
      dev.residual.io;
  exports dev.residual.io.onnx.protobuf to
      dev.residual.io;
}
