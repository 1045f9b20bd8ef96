package dev.residual.bindings;

/**
 * The versions of a library that serve.
 *
 * @param first the oldest
 * @param lastMajor the last major version
 */
public record VersionRange(LibraryVersion first, int lastMajor) {

  public VersionRange {
    if (lastMajor < first.major()) {
      throw new IllegalArgumentException("versions from " + first + " to " + lastMajor + ".x");
    }
  }

  /** A version and later ones of the same major version. */
  public static VersionRange sameMajor(LibraryVersion first) {
    return new VersionRange(first, first.major());
  }

  /** A version and all later ones. */
  public static VersionRange since(LibraryVersion first) {
    return new VersionRange(first, Integer.MAX_VALUE);
  }

  /** Whether a version is one of these. */
  public boolean contains(LibraryVersion version) {
    return version.compareTo(first) >= 0 && version.major() <= lastMajor;
  }

  /** Such as {@code 3.5.0 or a later 3.x}. */
  @Override
  public String toString() {
    if (lastMajor == Integer.MAX_VALUE) {
      return first + " or later";
    }
    return first + (lastMajor == first.major() ? " or a later " : " to ") + lastMajor + ".x";
  }
}
