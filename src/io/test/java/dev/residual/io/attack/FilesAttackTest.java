package dev.residual.io.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Valid files with random damage: they are read, or refused with one line, soon and in little
 * memory; nothing else.
 *
 * <p>The system property {@code residual.attack.seconds} says for how long each reader is attacked,
 * and {@code residual.attack.seed} with which numbers. Without them it is a fixed number of files.
 * A file that does harm is left in {@code target/attack}.
 */
class FilesAttackTest {
  private static final int MUTATIONS = 500;

  /** They pass over what they do not know. */
  private static final Set<String> FORGIVING = Set.of("events", "choices");

  @TempDir Path folder;

  static List<AttackTarget> targets() throws IOException {
    return AttackTargets.all();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void validFilesAreRead(AttackTarget target) throws IOException {
    int read = 0;
    for (byte[] seed : target.seeds()) {
      read += target.refuses(folder, seed) ? 0 : 1;
    }
    assertThat(read).isPositive();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void damagedFilesAreReadOrRefused(AttackTarget target) throws IOException {
    long seconds = Long.getLong("residual.attack.seconds", 0);
    SplittableRandom random = new SplittableRandom(Long.getLong("residual.attack.seed", 20160627));
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    int count = 0;
    int refused = 0;
    while (seconds == 0 ? count < MUTATIONS : System.nanoTime() < end) {
      byte[] seed = target.seeds().get(random.nextInt(target.seeds().size()));
      refused += target.refuses(folder, Mutations.mutate(seed, random)) ? 1 : 0;
      count++;
    }
    if (seconds > 0) {
      System.out.printf("attacked %s with %,d files, %,d refused%n", target, count, refused);
    }
    if (!FORGIVING.contains(target.name())) {
      assertThat(refused).isBetween(count / 10, count);
    }
  }
}
