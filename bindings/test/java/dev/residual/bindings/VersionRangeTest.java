package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class VersionRangeTest {

  private static LibraryVersion version(int major, int minor) {
    return new LibraryVersion(major, minor, 0);
  }

  @Test
  void ofTheSameMajorVersion() {
    VersionRange range = VersionRange.sameMajor(version(9, 8));
    assertThat(range.contains(version(9, 7))).isFalse();
    assertThat(range.contains(version(9, 8))).isTrue();
    assertThat(range.contains(version(9, 24))).isTrue();
    assertThat(range.contains(version(10, 0))).isFalse();
    assertThat(range).hasToString("9.8.0 or a later 9.x");
  }

  @Test
  void ofSeveralMajorVersions() {
    VersionRange range = new VersionRange(version(12, 0), 13);
    assertThat(range.contains(version(11, 8))).isFalse();
    assertThat(range.contains(version(13, 9))).isTrue();
    assertThat(range.contains(version(14, 0))).isFalse();
    assertThat(range).hasToString("12.0.0 to 13.x");
  }

  @Test
  void withoutAnEnd() {
    assertThat(VersionRange.since(version(12, 0)).contains(version(99, 0))).isTrue();
    assertThat(VersionRange.since(version(12, 0))).hasToString("12.0.0 or later");
  }

  @Test
  void theLastIsNotBeforeTheFirst() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new VersionRange(version(12, 0), 11))
        .withMessage("versions from 12.0.0 to 11.x");
  }
}
