package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LibraryVersionTest {

  private static final LibraryVersion NEEDED = new LibraryVersion(3, 5, 0);

  @Test
  void servesFromTheNeededVersionToTheEndOfItsMajorVersion() {
    assertThat(new LibraryVersion(3, 5, 0).serves(NEEDED)).isTrue();
    assertThat(new LibraryVersion(3, 13, 1).serves(NEEDED)).isTrue();
    assertThat(new LibraryVersion(3, 4, 9).serves(NEEDED)).isFalse();
    assertThat(new LibraryVersion(2, 6, 3).serves(NEEDED)).isFalse();
    assertThat(new LibraryVersion(4, 0, 0).serves(NEEDED)).isFalse();
  }

  @Test
  void platformsHaveOneNameEach() {
    assertThat(Platform.of("Linux", "amd64")).hasToString("linux-x86_64");
    assertThat(Platform.of("Mac OS X", "arm64")).hasToString("macos-aarch64");
    assertThat(Platform.of("Windows 11", "x64")).hasToString("windows-x86_64");
  }
}
