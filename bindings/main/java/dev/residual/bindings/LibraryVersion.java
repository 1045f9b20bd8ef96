package dev.residual.bindings;

import java.util.Comparator;

/**
 * The version of a native library, as the library itself reports it.
 *
 * @param major grows when programs have to be adapted
 * @param minor grows with new functions
 * @param patch grows with corrections
 */
public record LibraryVersion(int major, int minor, int patch)
    implements Comparable<LibraryVersion> {

  private static final Comparator<LibraryVersion> ORDER =
      Comparator.comparingInt(LibraryVersion::major)
          .thenComparingInt(LibraryVersion::minor)
          .thenComparingInt(LibraryVersion::patch);

  @Override
  public int compareTo(LibraryVersion other) {
    return ORDER.compare(this, other);
  }

  /**
   * Whether a program made for {@code needed} runs with this version: the same major version, and
   * not older.
   */
  public boolean serves(LibraryVersion needed) {
    return major == needed.major && compareTo(needed) >= 0;
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
