package dev.residual.backend.onednn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of the last level of cache, as far as the system tells.
 *
 * <p>A hypervisor tells a guest of few cores the whole cache of the host, of which it has a part:
 * so no more is counted on than the largest that few cores share.
 */
final class LastCache {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})K");

  private static final long LARGEST = 64L << 20;

  private static final long BYTES = Math.min(read(), LARGEST);

  private LastCache() {}

  /** The bytes; 0 if unknown. */
  static long bytes() {
    return BYTES;
  }

  private static long read() {
    try {
      String text = Files.readString(Path.of("/sys/devices/system/cpu/cpu0/cache/index3/size"));
      Matcher size = SIZE.matcher(text.strip());
      return size.matches() ? Long.parseLong(size.group(1)) << 10 : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
