package dev.residual.bindings;

import dev.residual.bindings.NativeLibraryException.Attempt;
import dev.residual.bindings.NativeLibraryException.Reason;

/** Why one place did not give a library; caught by the search, which goes on to the next place. */
final class Refusal extends Exception {

  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final String remedy;

  Refusal(Reason reason, String words, String remedy) {
    super(words);
    this.reason = reason;
    this.remedy = remedy;
  }

  Attempt at(String place) {
    return new Attempt(place, reason, String.valueOf(getMessage()), remedy);
  }
}
