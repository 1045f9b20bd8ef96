package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.Safetensors;
import dev.residual.nn.ResNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A conversion that is killed leaves the old file or the new one, never a part of it.
 *
 * <p>The system property {@code residual.kills} says how often, {@code residual.kills.seed} when.
 */
class KilledConversionTest {
  private static final int KILLS = Integer.getInteger("residual.kills", 1);
  private static final long SEED = Long.getLong("residual.kills.seed", System.nanoTime());
  private static final String NETWORK = "resnet56-cifar";
  private static final byte[] OLD = {1, 2, 3};

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"out.safetensors", "out.pth", "out.onnx"})
  void theOldFileOrTheNewOneIsLeft(String name) throws Exception {
    Path in = folder.resolve("in.safetensors");
    ResNet network = ResNet.named(NETWORK);
    Safetensors.write(in, network.initializer(1).weights(network.inference(1).graph()));
    Path out = Files.createDirectory(folder.resolve("out")).resolve(name);
    Invocation.success((Object[]) convert(in, out));
    byte[] converted = Files.readAllBytes(out);
    RandomGenerator random = new SplittableRandom(SEED);
    int old = 0;
    for (int i = 0; i < KILLS; i++) {
      Files.write(out, OLD);
      kill(convert(in, out), out, random);
      byte[] left = Files.readAllBytes(out);
      assertThat(left).as("seed %d, kill %d", SEED, i).isIn(OLD, converted);
      old += left.length == OLD.length ? 1 : 0;
    }
    System.out.printf("killed %d conversions, %d before the end, seed %d%n", KILLS, old, SEED);
  }

  private static String[] convert(Path in, Path out) {
    List<String> arguments = new ArrayList<>(List.of("convert", in.toString(), out.toString()));
    if (out.toString().endsWith(".onnx")) {
      arguments.addAll(List.of("--model", NETWORK));
    }
    return arguments.toArray(String[]::new);
  }

  /** Starts a conversion, waits for it to write or not, and for a random moment, and kills it. */
  private static void kill(String[] arguments, Path out, RandomGenerator random)
      throws IOException, InterruptedException {
    Process process =
        Subprocess.builder(List.of(), arguments)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean whileItWrites = random.nextInt(4) > 0;
    while (whileItWrites && process.isAlive() && isUntouched(out)) {
      Thread.sleep(0, 200_000);
    }
    boolean ignored =
        process.waitFor(random.nextLong(whileItWrites ? 12 : 1200), TimeUnit.MILLISECONDS);
    process.destroyForcibly();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    for (Path part : parts(out)) {
      Files.delete(part);
    }
  }

  private static boolean isUntouched(Path out) throws IOException {
    return Files.size(out) == OLD.length && parts(out).isEmpty();
  }

  private static List<Path> parts(Path out) throws IOException {
    try (Stream<Path> files = Files.list(out.resolveSibling(""))) {
      return files.filter(file -> file.toString().endsWith(".part")).toList();
    }
  }
}
