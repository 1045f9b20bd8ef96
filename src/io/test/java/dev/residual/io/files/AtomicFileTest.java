package dev.residual.io.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFileTest {
  @TempDir Path folder;

  private static void write(Path file) throws IOException {
    AtomicFile.write(file, out -> out.write("new".getBytes(StandardCharsets.UTF_8)));
  }

  private static void requireRefused(Path file, String... words) {
    assertThatIOException()
        .isThrownBy(() -> AtomicFile.check(file))
        .withMessageContainingAll(words)
        .withMessageStartingWith(file + ": ");
    assertThatIOException().isThrownBy(() -> write(file)).withMessageContainingAll(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/null", "/dev/full", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
  @EnabledOnOs(OS.LINUX)
  void devicesStayWhatTheyAre(String device) throws IOException {
    requireRefused(Path.of(device), "is a device");
    requireRefused(Files.createSymbolicLink(folder.resolve("link.pth"), Path.of(device)), "device");
    assertThat(Path.of(device)).exists();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void nothingIsPutAmongDevices() {
    Path file = Path.of("/dev/residual-test.pth");
    requireRefused(file, "is a device");
    assertThat(file).doesNotExist();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPipeStaysAPipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    requireRefused(pipe, "pipe");
    assertThat(Files.isRegularFile(pipe)).isFalse();
  }

  @Test
  void foldersAndFilesInNoFolderAreRefused() {
    requireRefused(folder, "is a folder");
    requireRefused(folder.resolve("absent/file"), "the folder does not exist");
  }

  @Test
  void aLinkToNothingIsRefusedAndAnotherIsFollowed() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("below/file"));
    requireRefused(link, "below/file", "does not exist");
    Files.createDirectory(folder.resolve("below"));
    Path file = Files.writeString(folder.resolve("below/file"), "old");
    Path second = Files.createSymbolicLink(folder.resolve("second"), link.getFileName());
    write(second);
    assertThat(file).hasContent("new");
    assertThat(link).isSymbolicLink();
    assertThat(second).isSymbolicLink();
  }

  @Test
  void aLinkInACircleIsRefused() throws IOException {
    Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
    requireRefused(circle, "circle");
  }
}
