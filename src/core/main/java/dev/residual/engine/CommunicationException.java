package dev.residual.engine;

/** Processes that should work together and do not; the message names those it lies with. */
public final class CommunicationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean foundByAll;

  /** A failure, which other processes may not know of. */
  public CommunicationException(String message) {
    this(message, false);
  }

  private CommunicationException(String message, boolean foundByAll) {
    super(message);
    this.foundByAll = foundByAll;
  }

  /** A failure that each process finds out by itself, with the same words. */
  public static CommunicationException foundByAll(String message) {
    return new CommunicationException(message, true);
  }

  /** Whether each process finds it out by itself, and need not be told. */
  public boolean isFoundByAll() {
    return foundByAll;
  }
}
