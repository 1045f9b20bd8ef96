package dev.residual.bindings;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A native library that cannot be used: missing, too old, for another machine, without a symbol, or
 * not allowed to be called.
 *
 * <p>The first line of the message says what is needed, what is wrong, and what to do; the others
 * list every place that was tried with the loader's own words, and every line to type.
 */
public final class NativeLibraryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why one place did not give the library. */
  public enum Reason {
    /** There is no such file, or the system's loader knows no library of this name. */
    MISSING,
    /** The file may not be read. */
    UNREADABLE,
    /** The file is no shared library at all. */
    NOT_A_LIBRARY,
    /** It is built for another operating system or processor, or none is carried for this one. */
    OTHER_PLATFORM,
    /** It lies in a folder from which nothing may be executed. */
    NOT_EXECUTABLE,
    /** Its version is older than what serves. */
    TOO_OLD,
    /** Its version is later than what serves. */
    TOO_NEW,
    /** It lacks a function. */
    SYMBOL_ABSENT,
    /** Its content is not what was packed, or it ends too early. */
    DAMAGED,
    /** This module may not call native code. */
    ACCESS_DENIED,
    /** The system's loader refused it for a reason of its own. */
    REFUSED
  }

  /**
   * One place that was tried.
   *
   * @param place the file, or the name given to the system's loader, and who named it
   * @param reason why it did not serve
   * @param words what was found there: the loader's own words where it spoke
   * @param remedy what to do or to type
   */
  public record Attempt(String place, Reason reason, String words, String remedy) {}

  private final transient List<Attempt> attempts;

  /**
   * A library that was found nowhere.
   *
   * @param needed what is needed, such as {@code oneDNN 3.5.0 or later for linux-x86_64}
   * @param attempts every place that was tried, in order; at least one
   */
  public NativeLibraryException(String needed, List<Attempt> attempts) {
    super(message(needed, attempts));
    this.attempts = List.copyOf(attempts);
  }

  private static String message(String needed, List<Attempt> attempts) {
    String tried =
        attempts.stream()
            .map(a -> "  " + a.place() + ": " + a.words() + "\n")
            .collect(Collectors.joining());
    String remedies =
        attempts.stream()
            .map(a -> "  " + a.remedy() + "\n")
            .distinct()
            .collect(Collectors.joining());
    return "no usable "
        + needed
        + ": "
        + inOneLine(attempts)
        + "\nTried:\n"
        + tried
        + "To put it right:\n"
        + remedies.stripTrailing();
  }

  private static String inOneLine(List<Attempt> attempts) {
    Attempt telling = telling(attempts);
    boolean nowhere = telling.reason() == Reason.MISSING && attempts.size() > 1;
    return (nowhere
            ? "in none of %d places".formatted(attempts.size())
            : telling.place() + ": " + telling.words())
        + "; "
        + telling.remedy();
  }

  private static Attempt telling(List<Attempt> attempts) {
    return attempts.stream()
        .filter(a -> a.reason() != Reason.MISSING && a.reason() != Reason.OTHER_PLATFORM)
        .findFirst()
        .orElse(attempts.getFirst());
  }

  /**
   * The attempt that says most: the first of a library that is there and does not serve; where
   * there is none, the first of all.
   */
  public Attempt telling() {
    return telling(attempts());
  }

  /** Every place that was tried, in order. */
  public List<Attempt> attempts() {
    return attempts == null ? List.of() : attempts;
  }

  /**
   * Why the first place did not serve: the one that the user chose, or the one that should have
   * served.
   */
  public Reason reason() {
    return attempts().isEmpty() ? Reason.REFUSED : attempts().getFirst().reason();
  }
}
