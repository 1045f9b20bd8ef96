package dev.residual.io.onnx;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileHead;
import dev.residual.io.onnx.format.ModelProto;
import dev.residual.io.onnx.format.OperatorSetIdProto;
import dev.residual.io.onnx.protobuf.CodedInputStream;
import dev.residual.io.onnx.protobuf.InvalidProtocolBufferException;
import dev.residual.io.onnx.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The message of an ONNX file.
 *
 * @param path of the file
 * @param model the message
 * @param opsets the version of the operations of each domain; that of ONNX is ""
 */
record OnnxFile(Path path, ModelProto model, Map<String, Integer> opsets) {
  /** The first whose batch norms and dropouts are those of inference unless they say otherwise. */
  static final int OLDEST = 7;

  /**
   * Reads a file.
   *
   * @throws IOException in one line naming the file, if it is missing, malformed, or of a version
   *     that is not read
   */
  static OnnxFile read(Path path) throws IOException {
    FileHead head = FileHead.of(path);
    try {
      if (head.size() > Integer.MAX_VALUE) {
        throw new IOException("is larger than 2 GiB, which messages of protobuf cannot be");
      }
      CodedInputStream in =
          UnsafeByteOperations.unsafeWrap(Files.readAllBytes(path)).newCodedInput();
      // Elements stay where they are.
      in.enableAliasing(true);
      ModelProto model = ModelProto.parseFrom(in);
      return new OnnxFile(path, model, check(model));
    } catch (InvalidProtocolBufferException e) {
      throw FileErrors.in(
          path, new IOException("is no ONNX model, or damaged: " + e.getMessage(), e));
    } catch (IOException | OutOfMemoryError e) {
      throw FileErrors.in(path, e);
    }
  }

  private static Map<String, Integer> check(ModelProto model) throws IOException {
    if (!model.hasGraph() || model.getGraph().getOutputCount() == 0) {
      throw new IOException("is no ONNX model: it has no graph with outputs");
    }
    if (model.getGraph().getSparseInitializerCount() > 0) {
      throw new IOException("sparse weights are not supported");
    }
    if (model.getFunctionsCount() > 0) {
      throw new IOException(
          "functions of the model's own are not supported, as %s"
              .formatted(FileErrors.quote(model.getFunctions(0).getName())));
    }
    Map<String, Integer> opsets = new HashMap<>();
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      String domain = opset.getDomain().equals("ai.onnx") ? "" : opset.getDomain();
      opsets.put(domain, Math.clamp(opset.getVersion(), 0, Integer.MAX_VALUE));
    }
    return opsets;
  }
}
