package dev.residual.bindings;

import dev.residual.bindings.NativeLibraryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A file that should be a shared library for this machine.
 *
 * <p>Looked at before the system's loader sees it: the loader says "invalid ELF header" of a text
 * file and "cannot open" of a library for another processor, which helps nobody.
 */
final class LibraryFile {

  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
  private static final int MACHINE_X86_64 = 62;
  private static final int MACHINE_AARCH64 = 183;

  private LibraryFile() {}

  /** Refuses a file that is missing, unreadable, no library, or for another machine. */
  static void check(Path file, Platform platform, String property) throws Refusal {
    String another = "name another one: java -D" + property + "=/path/to/the/library";
    if (!Files.exists(file)) {
      throw new Refusal(Reason.MISSING, "there is no such file", another);
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(20);
    } catch (IOException e) {
      throw new Refusal(
          Reason.UNREADABLE,
          "it cannot be read (" + e + ")",
          "let this user read it: chmod a+r " + file);
    }
    if (platform.isLinux()) {
      checkElf(head, platform, another);
    }
  }

  private static void checkElf(byte[] head, Platform platform, String another) throws Refusal {
    for (int i = 0; i < ELF.length; i++) {
      if (head.length < 20 || head[i] != ELF[i]) {
        throw new Refusal(
            Reason.NOT_A_LIBRARY,
            "it is not an ELF file, it begins with the bytes "
                + HexFormat.ofDelimiter(" ").formatHex(head),
            another);
      }
    }
    // Both processors that Linux libraries are looked at for are little-endian: e_machine is at 18,
    // its low byte first.
    int machine = (head[18] & 0xff) | (head[19] & 0xff) << 8;
    int expected =
        switch (platform.processor()) {
          case "x86_64" -> MACHINE_X86_64;
          case "aarch64" -> MACHINE_AARCH64;
          default -> machine;
        };
    if (machine != expected) {
      throw new Refusal(
          Reason.OTHER_PLATFORM,
          "it is built for " + machineName(machine) + ", and this JVM runs on " + platform,
          another);
    }
  }

  private static String machineName(int machine) {
    return switch (machine) {
      case MACHINE_X86_64 -> "x86_64";
      case MACHINE_AARCH64 -> "aarch64";
      default -> "another processor (ELF machine " + machine + ")";
    };
  }
}
