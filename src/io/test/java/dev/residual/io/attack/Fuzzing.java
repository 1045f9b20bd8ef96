package dev.residual.io.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What Jazzer calls: one target, named by the system property {@code residual.fuzz.target}, reads
 * inputs that Jazzer chooses by the code that earlier ones reached.
 */
public final class Fuzzing {
  /** Jazzer's changes to classes, when they are loaded, count as well. */
  private static final long MOST_MEMORY = 2L << 30;

  private static AttackTarget target;
  private static Path folder;

  private Fuzzing() {}

  /** Called once, before the first input. */
  public static void fuzzerInitialize() throws IOException {
    String name = System.getProperty("residual.fuzz.target", "");
    target = AttackTargets.named(name).withMemory(MOST_MEMORY);
    folder = Files.createTempDirectory("fuzzing");
  }

  /** Reads an input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    boolean ignored = target.refuses(folder, input);
  }

  /**
   * Without arguments, prints the names of all targets; with a target and a folder, writes the
   * target's seeds there.
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      AttackTargets.all().forEach(target -> System.out.println(target.name()));
      return;
    }
    Path corpus = Files.createDirectories(Path.of(arguments[1]));
    List<byte[]> seeds = AttackTargets.named(arguments[0]).seeds();
    for (int i = 0; i < seeds.size(); i++) {
      Files.write(corpus.resolve("seed-" + i), seeds.get(i));
    }
  }
}
