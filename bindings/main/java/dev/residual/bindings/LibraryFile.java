package dev.residual.bindings;

import dev.residual.bindings.NativeLibraryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** Enough for the header of a 64-bit file and the table of its segments, which follows it. */
  private static final int HEAD = 4096;

  private static final int HEADER = 64;
  private static final int SEGMENT = 56;

  private LibraryFile() {}

  /**
   * Refuses a file that is missing, unreadable, no library, or for another machine.
   *
   * @param another what to do to have another file
   */
  static void check(Path file, Platform platform, String another) throws Refusal {
    if (!Files.exists(file)) {
      throw new Refusal(Reason.MISSING, "there is no such file", another);
    }
    byte[] head;
    long bytes;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEAD);
      bytes = Files.size(file);
    } catch (IOException e) {
      throw new Refusal(
          Reason.UNREADABLE,
          "it cannot be read (" + e + ")",
          "let this user read it: chmod a+r " + file);
    }
    if (platform.isLinux()) {
      checkElf(head, platform, another);
      checkLength(head, bytes);
    }
  }

  private static void checkElf(byte[] head, Platform platform, String another) throws Refusal {
    for (int i = 0; i < ELF.length; i++) {
      if (head.length < 20 || head[i] != ELF[i]) {
        throw new Refusal(
            Reason.NOT_A_LIBRARY,
            "it is not an ELF file, it begins with the bytes "
                + HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(20, head.length)),
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

  /** Refuses a file that ends before its segments do: the loader would map it and die. */
  private static void checkLength(byte[] head, long bytes) throws Refusal {
    long needed = HEADER;
    if (head.length >= HEADER) {
      ByteBuffer elf = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
      long table = elf.getLong(32);
      int size = Short.toUnsignedInt(elf.getShort(54));
      int count = Short.toUnsignedInt(elf.getShort(56));
      needed = table + (long) size * count;
      for (int i = 0; i < count && size >= SEGMENT; i++) {
        long at = table + (long) i * size;
        if (at < HEADER || at + SEGMENT > head.length) {
          break;
        }
        // p_offset and p_filesz.
        needed = Math.max(needed, elf.getLong((int) at + 8) + elf.getLong((int) at + 32));
      }
    }
    if (bytes < needed) {
      throw new Refusal(
          Reason.DAMAGED,
          "it is cut off: it has %d bytes, and its header speaks of %d".formatted(bytes, needed),
          "copy or build the file anew");
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
