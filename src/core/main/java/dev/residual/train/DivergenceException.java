package dev.residual.train;

/** Thrown when a loss or a parameter is no longer a finite number: training cannot go on. */
public final class DivergenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception that says what is not finite, and where. */
  public DivergenceException(String message) {
    super(message);
  }
}
