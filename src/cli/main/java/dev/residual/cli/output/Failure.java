package dev.residual.cli.output;

/** A command that cannot do what was asked for; its message is what the user reads. */
public final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public Failure(String message) {
    super(message);
  }

  public Failure(String message, Throwable cause) {
    super(message, cause);
  }
}
