package dev.residual.bindings;

/**
 * A native function that returned a status other than success.
 *
 * <p>The message names the function, the status by number and by name, and how to learn more.
 */
public final class NativeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String function;
  private final int status;
  private final String statusName;
  private final String hint;

  /**
   * A failed call.
   *
   * @param function the C name of the function
   * @param status what it returned
   * @param statusName the C name of that status
   * @param hint what was asked for, or how to learn more; a sentence without its full stop
   */
  public NativeException(String function, int status, String statusName, String hint) {
    super(function + " returned " + status + " (" + statusName + "): " + hint);
    this.function = function;
    this.status = status;
    this.statusName = statusName;
    this.hint = hint;
  }

  /**
   * The same failure, with more to say of it; this is its cause.
   *
   * @param more a clause without its full stop
   */
  public NativeException with(String more) {
    NativeException told = new NativeException(function, status, statusName, hint + "; " + more);
    told.initCause(this);
    return told;
  }

  /** The C name of the function that failed. */
  public String function() {
    return function;
  }

  /** What it returned. */
  public int status() {
    return status;
  }

  /** The C name of what it returned. */
  public String statusName() {
    return statusName;
  }
}
