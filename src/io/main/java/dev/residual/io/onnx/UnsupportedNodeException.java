package dev.residual.io.onnx;

/** Thrown where a graph holds what Residual does not compute: the message names node and reason. */
public final class UnsupportedNodeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  UnsupportedNodeException(String message) {
    super(message);
  }

  UnsupportedNodeException(String message, Throwable cause) {
    super(message, cause);
  }
}
