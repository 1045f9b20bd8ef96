package dev.residual.bindings;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A library that a test compiles, to be found in place of oneDNN. */
final class FakeLibrary {

  private FakeLibrary() {}

  /** One that says it is oneDNN of this version. */
  static Path ofVersion(Path file, int major, int minor, int patch) throws Exception {
    return compile(
        file,
        "static const struct { int major, minor, patch; } v = {%d, %d, %d}; const void *dnnl_version(void) { return &v; }"
            .formatted(major, minor, patch));
  }

  static Path compile(Path file, String code, String... flags)
      throws IOException, InterruptedException {
    Path source = Files.writeString(file.resolveSibling(file.getFileName() + ".c"), code + "\n");
    try {
      List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC"));
      command.addAll(List.of(flags));
      command.addAll(List.of("-o", file.toString(), source.toString()));
      Process cc = new ProcessBuilder(command).inheritIO().start();
      assumeTrue(cc.waitFor() == 0, "cc cannot make a shared library here");
    } catch (IOException e) {
      assumeTrue(false, "this test compiles a library, and there is no cc: " + e.getMessage());
    }
    return file;
  }
}
