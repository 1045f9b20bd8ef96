package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CacheFoldersTest {

  private static final Map<String, String> HOME =
      Map.of("user.home", "/home/ann", "user.name", "ann", "java.io.tmpdir", "/tmp");

  @Test
  void theCacheFolderOfTheUserComesFirstThenTheTemporaryOne() {
    assertThat(CacheFolders.candidates(HOME::get, Map.<String, String>of()::get))
        .containsExactly(Path.of("/home/ann/.cache/residual"), Path.of("/tmp/residual-ann"));
  }

  @Test
  void theDesktopStandardIsFollowed() {
    assertThat(CacheFolders.candidates(HOME::get, Map.of("XDG_CACHE_HOME", "/cache")::get))
        .startsWith(Path.of("/cache/residual"));
  }

  @Test
  void aChosenFolderIsTheOnlyOne() {
    assertThat(
            CacheFolders.candidates(
                Map.of("residual.cache", "/mine", "user.home", "/home/ann")::get, HOME::get))
        .containsExactly(Path.of("/mine"));
  }

  @Test
  void withoutAHomeTheTemporaryFolderServes() {
    assertThat(
            CacheFolders.candidates(
                Map.of("user.home", "?", "user.name", "?", "java.io.tmpdir", "/tmp")::get,
                HOME::get))
        .containsExactly(Path.of("/tmp/residual-?"));
  }
}
