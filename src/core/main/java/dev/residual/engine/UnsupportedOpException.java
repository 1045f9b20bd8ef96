package dev.residual.engine;

import dev.residual.graph.Op;

/** Thrown at compilation for an operation that a backend cannot run. */
public final class UnsupportedOpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception that names the backend, the operation and the reason. */
  public UnsupportedOpException(String backend, Op op, String reason) {
    super(message(backend, op, reason));
  }

  /** An exception for what a native library said of the operation. */
  public UnsupportedOpException(String backend, Op op, RuntimeException cause) {
    super(message(backend, op, String.valueOf(cause.getMessage())), cause);
  }

  private static String message(String backend, Op op, String reason) {
    return "backend %s does not support %s: %s".formatted(backend, op, reason);
  }
}
