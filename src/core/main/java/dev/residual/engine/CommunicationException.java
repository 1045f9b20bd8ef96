package dev.residual.engine;

/** Processes that should work together and do not; the message names those it lies with. */
public final class CommunicationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure. */
  public CommunicationException(String message) {
    super(message);
  }
}
