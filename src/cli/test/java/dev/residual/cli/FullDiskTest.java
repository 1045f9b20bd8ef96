package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Commands whose disk gets full, is read-only or vanishes: one line says so, and what is left is
 * whole.
 *
 * <p>The system property {@code residual.kills} says how many sizes of a disk are tried, {@code
 * residual.kills.seed} which.
 */
class FullDiskTest {
  private static final int SIZES = Integer.getInteger("residual.kills", 1);
  private static final long SEED = Long.getLong("residual.kills.seed", System.nanoTime());

  private static final long PAGE = 4096;

  @TempDir static Path shared;
  private static Path data;
  private static Path weights;
  private static Path image;

  @TempDir Path folder;

  @BeforeAll
  static void writeInputs() throws IOException {
    data = Pictures.dataSet(shared.resolve("data"));
    ResNet network = ResNet.named("resnet20-cifar");
    weights = shared.resolve("weights.safetensors");
    WeightFile.write(weights, network.initializer(1).weights(network.inference(1).graph()));
    image = shared.resolve("image.png");
    PngFile.write(image, new DrawnShapes(1, 32, 1).image(0), 1);
  }

  /** The arguments of a command that writes to a folder. */
  private interface Command {
    Object[] into(Path out);
  }

  private static Arguments command(String name, Command command) {
    return argumentSet(name, command);
  }

  private static Object[] look(String command, String option, Path out) {
    return new Object[] {
      command, "--model", "resnet20-cifar", "--weights", weights, option, out, image
    };
  }

  private static Object[] convert(Path out, Object... more) {
    return Stream.concat(Stream.of("convert", weights, out), Stream.of(more)).toArray();
  }

  static Stream<Arguments> commands() {
    return Stream.of(
        command("safetensors", out -> convert(out.resolve("w.safetensors"))),
        command("pth", out -> convert(out.resolve("w.pth"))),
        command("onnx", out -> convert(out.resolve("w.onnx"), "--model", "resnet20-cifar")),
        command("explain", out -> look("classify", "--explain", out.resolve("out"))),
        command("inspect", out -> look("inspect", "--out", out.resolve("out"))));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aFullDiskLeavesWholeFiles(Command command) throws Exception {
    Path calm = Files.createDirectories(folder.resolve("calm"));
    Invocation.success(command.into(calm));
    RandomGenerator random = new SplittableRandom(SEED);
    for (int i = 0; i < SIZES; i++) {
      Path place = folder.resolve("disk" + i);
      try (SmallDisk disk = new SmallDisk(place, PAGE * random.nextLong(1, pages(calm)))) {
        requireFailure(place, "No space left on device", command.into(place));
        for (Path file : files(place)) {
          assertThat(file).hasSameBinaryContentAs(calm.resolve(place.relativize(file)));
        }
        disk.remount("ro");
        requireFailure(place, "Read-only file system", command.into(place));
      }
    }
  }

  private static Object[] train(Path out, int epochs) {
    return new Object[] {
      "train",
      "--model",
      "resnet20-cifar",
      "--data",
      data,
      "--image-size",
      16,
      "--batch",
      12,
      "--epochs",
      epochs,
      "--out",
      out,
      "--checkpoint-every",
      0,
      "--threads",
      1,
      "--resume"
    };
  }

  @Test
  void aTrainingGoesOnOnceThereIsRoom() throws Exception {
    Path calm = folder.resolve("calm");
    Invocation.success(train(calm, 1));
    RandomGenerator random = new SplittableRandom(SEED);
    for (int i = 0; i < SIZES; i++) {
      Path place = folder.resolve("disk" + i);
      try (SmallDisk disk = new SmallDisk(place, PAGE * random.nextLong(1, pages(calm)))) {
        requireFailure(place, "No space left on device", train(place, 1));
        disk.remount("size=100m");
        Invocation.success(train(place, 1));
        assertThat(place.resolve("model.safetensors"))
            .as("seed %d", SEED)
            .hasSameBinaryContentAs(calm.resolve("model.safetensors"));
      }
    }
  }

  @Test
  void aFolderThatVanishesIsNamed() throws Exception {
    Path out = folder.resolve("out");
    Thread thief = Thread.ofVirtual().start(() -> moveOnce(out, "checkpoint.safetensors"));
    requireFailure(out, "the folder does not exist", train(out, 1000));
    thief.join();
  }

  /** Moves a folder away once it has a file. */
  private static void moveOnce(Path from, String file) {
    try {
      while (!Files.exists(from.resolve(file))) {
        Thread.sleep(1);
      }
      Files.move(from, from.resolveSibling("moved"));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void requireFailure(Path place, String reason, Object... arguments)
      throws IOException {
    Invocation failed = Invocation.of(arguments);
    assertThat(failed.code()).as("seed %d: %s", SEED, failed).isEqualTo(1);
    String last = failed.err().lines().reduce("", (a, b) -> b);
    assertThat(last).as("seed %d", SEED).startsWith("residual: " + place).contains(reason);
    assertThat(files(place)).noneMatch(file -> file.toString().endsWith(".part"));
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** What the files take on a disk in memory. */
  private static long pages(Path folder) throws IOException {
    long pages = 0;
    for (Path file : files(folder)) {
      pages += Math.ceilDiv(Files.size(file), PAGE);
    }
    return pages;
  }
}
