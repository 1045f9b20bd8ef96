package dev.residual.cli;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;

/** How this program was started. */
final class Program {
  private Program() {}

  /** What starts this program again, with the same Java. */
  static String command() {
    return Path.of(System.getProperty("java.home"), "bin", "java") + " -jar " + jar();
  }

  /** The jar of this program, from the current folder where it lies below it. */
  static Path jar() {
    CodeSource source = Program.class.getProtectionDomain().getCodeSource();
    try {
      if (source != null && source.getLocation().getPath().endsWith(".jar")) {
        Path jar = Path.of(source.getLocation().toURI());
        Path here = Path.of("").toAbsolutePath();
        return jar.startsWith(here) ? here.relativize(jar) : jar;
      }
    } catch (URISyntaxException e) {
      // Not from a file: the name alone.
    }
    return Path.of("residual.jar");
  }
}
