package dev.residual.bindings;

import java.util.Locale;

/**
 * An operating system and a processor, as native libraries are built for.
 *
 * @param system {@code linux}, {@code macos}, {@code windows}, or what the JDK calls it
 * @param processor {@code x86_64}, {@code aarch64}, or what the JDK calls it
 */
public record Platform(String system, String processor) {

  /** The platform this JVM runs on. */
  public static Platform current() {
    return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  static Platform of(String osName, String osArch) {
    String name = osName.toLowerCase(Locale.ROOT);
    String arch = osArch.toLowerCase(Locale.ROOT);
    String system =
        name.startsWith("mac")
            ? "macos"
            : name.startsWith("windows") ? "windows" : name.replace(' ', '-');
    String processor =
        switch (arch) {
          case "amd64", "x86-64", "x64" -> "x86_64";
          case "arm64" -> "aarch64";
          default -> arch;
        };
    return new Platform(system, processor);
  }

  boolean isLinux() {
    return system.equals("linux");
  }

  /**
   * Such as {@code linux-x86_64}: the name of the folder that carries libraries for this platform.
   */
  @Override
  public String toString() {
    return system + "-" + processor;
  }
}
