package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.onednn.ProbeJvm;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that works for long holds what it held at the beginning, and answers as it did.
 *
 * <p>The system property {@code residual.soak.seconds} says how long, {@code residual.soak.seed} in
 * which order.
 */
class SoakTest {
  private static final String SECONDS = System.getProperty("residual.soak.seconds", "2");
  private static final String SEED = System.getProperty("residual.soak.seed", "1");

  /** What an allocator may need more once, whatever the time. */
  private static final long MOST_KILOBYTES = 4096;

  @TempDir Path folder;

  @Test
  @EnabledOnOs(OS.LINUX)
  void memoryFilesThreadsAndAnswersStayAsTheyAre() throws Exception {
    List<String> lines =
        ProbeJvm.run(
                SoakProbe.class,
                // All of the heap is resident from the beginning: what grows is native.
                List.of(
                    "-Xms256m",
                    "-Xmx256m",
                    "-XX:+AlwaysPreTouch",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1"),
                SECONDS,
                SEED,
                folder.toString())
            .lines()
            .toList();
    List<Long> before = numbers(lines.get(0));
    List<Long> after = numbers(lines.get(1));
    System.out.printf(
        "soak: %s things done in %s s; kB, files, threads: %s, then %s%n",
        lines.get(2), SECONDS, before, after);
    assertThat(after.get(0)).isLessThan(before.get(0) + MOST_KILOBYTES);
    assertThat(after.get(1)).isEqualTo(before.get(1));
    assertThat(after.get(2)).isLessThanOrEqualTo(before.get(2) + 1);
  }

  private static List<Long> numbers(String line) {
    return Stream.of(line.split(" ")).map(Long::valueOf).toList();
  }
}
