package dev.residual.io.onnx;

import dev.residual.io.files.FileErrors;
import dev.residual.io.onnx.format.NodeProto;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node of an ONNX graph, as translators read it. */
final class Node {
  private final NodeProto proto;
  private final int opset;
  private final Attributes attributes;

  /** A node of a model with these versions of its operations. */
  Node(NodeProto proto, Map<String, Integer> opsets) {
    this.proto = proto;
    this.opset = opsets.getOrDefault("", OnnxFile.OLDEST);
    this.attributes = new Attributes(toString(), proto);
  }

  /** The operation, after the name of its domain where that is not ONNX's. */
  String type() {
    String domain = proto.getDomain();
    boolean isOwn = domain.isEmpty() || domain.equals("ai.onnx");
    return isOwn ? proto.getOpType() : domain + "." + proto.getOpType();
  }

  /** The version of ONNX's operations. */
  int opset() {
    return opset;
  }

  /** Refuses versions in which the operation meant something else. */
  void requireOpset() {
    require(
        opset >= OnnxFile.OLDEST,
        "opset %d is not supported, from %d on it is; onnx.version_converter makes it newer",
        opset,
        OnnxFile.OLDEST);
  }

  Attributes attributes() {
    return attributes;
  }

  int inputs() {
    return proto.getInputCount();
  }

  int outputs() {
    return proto.getOutputCount();
  }

  /** Whether an optional input is given. */
  boolean has(int input) {
    return !input(input).isEmpty();
  }

  /** The name of an input; empty if it is not given. */
  String input(int index) {
    return index < inputs() ? proto.getInput(index) : "";
  }

  /** The name of an output; empty if it is not asked for. */
  String output(int index) {
    return index < outputs() ? proto.getOutput(index) : "";
  }

  /** The name of the first output. */
  String output() {
    return output(0);
  }

  /** An axis of a tensor, counted from the end where it is negative. */
  int axis(long axis, int rank) {
    long counted = axis < 0 ? axis + rank : axis;
    if (counted < 0 || counted >= rank) {
      throw refused("axis %d of a tensor of rank %d", axis, rank);
    }
    return (int) counted;
  }

  void require(boolean condition, String reason, @Nullable Object... given) {
    if (!condition) {
      throw refused(reason, given);
    }
  }

  /**
   * What a node gives.
   *
   * @throws UnsupportedNodeException if it is null, naming what is missing
   */
  <T> T given(@Nullable T value, String what) {
    if (value == null) {
      throw refused("%s is not given", what);
    }
    return value;
  }

  UnsupportedNodeException refused(String reason, @Nullable Object... given) {
    return new UnsupportedNodeException(this + ": " + reason.formatted(given));
  }

  /** Such as {@code node 'conv1' (Conv)}. */
  @Override
  public String toString() {
    String name = proto.getName().isEmpty() ? output() : proto.getName();
    String type = FileErrors.quote(type());
    return "node %s (%s)".formatted(FileErrors.quote(name), type.substring(1, type.length() - 1));
  }
}
