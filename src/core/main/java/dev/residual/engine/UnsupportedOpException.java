package dev.residual.engine;

import dev.residual.graph.Op;

/** Thrown at compilation for an operation that a backend cannot run. */
public final class UnsupportedOpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception that names the backend, the operation and the reason. */
  public UnsupportedOpException(String backend, Op op, String reason) {
    super("backend %s does not support %s: %s".formatted(backend, op, reason));
  }
}
