package dev.residual.io.weights;

import static dev.residual.io.weights.Pickles.FLOAT;
import static dev.residual.io.weights.Pickles.dict;
import static dev.residual.io.weights.Pickles.floats;
import static dev.residual.io.weights.Pickles.integer;
import static dev.residual.io.weights.Pickles.string;
import static dev.residual.io.weights.Pickles.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import com.sun.management.ThreadMXBean;
import dev.residual.io.Mutations;
import dev.residual.io.training.Checkpoint;
import dev.residual.io.weights.Pickles.Storage;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Valid files of weights with random damage: they are read, or refused with one line, soon and in
 * little memory; nothing else.
 *
 * <p>The system property {@code residual.attack.seconds} says for how long each reader is attacked,
 * and {@code residual.attack.seed} with which numbers. Without them it is a fixed number of files.
 * A file that does harm is left in {@code target/attack}.
 */
class WeightFilesAttackTest {
  private static final int MUTATIONS = 700;
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final long MOST_MEMORY = 100L << 20;
  private static final Path HARMFUL = Path.of("target", "attack");

  @TempDir Path folder;

  /** What reads a file. */
  interface Reader {
    void read(Path file) throws IOException;
  }

  static Stream<Arguments> targets() throws IOException {
    List<Storage> storages = Pickles.twoStorages();
    Map<String, Storage> legacy = new LinkedHashMap<>();
    legacy.put("0", storages.get(0));
    legacy.put("1", storages.get(1));
    Map<String, String> zip = new LinkedHashMap<>();
    legacy.forEach((key, storage) -> zip.put(key, storage.data()));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weight", Tensor.of(Shape.of(3, 2), 1f, 2, 3, 4, 5, 6));
    tensors.put("bias", Tensor.of(Shape.of(2), 1f, 2).to(DType.F16));
    Weights weights = new Weights(tensors);
    UnaryOperator<byte[]> asItIs = bytes -> bytes;
    Reader weightFile = WeightFile::read;
    return Stream.of(
        argumentSet("legacy", Pickles.legacy(Pickles.twoTensors(), legacy), asItIs, weightFile),
        argumentSet("zip", Pickles.zip(Pickles.twoTensors(), zip), asItIs, weightFile),
        argumentSet(
            "stored", written(file -> PyTorchCheckpoint.write(file, weights)), asItIs, weightFile),
        argumentSet(
            "safetensors",
            written(file -> Safetensors.write(file, weights, Map.of("format", "pt"))),
            asItIs,
            weightFile),
        argumentSet(
            "training",
            written(file -> Checkpoint.write(file, state(weights))),
            asItIs,
            (Reader) Checkpoint::read),
        inZip("state dictionary", Pickles.twoTensors(), zip),
        inZip("things beside weights", besideWeights(), Map.of("0", floats(1, 2))),
        inZip("network", network(), Map.of("0", floats(1, 2))),
        inZip("TorchScript", script(), Map.of("0", floats(1, 2))));
  }

  /** A target whose pickle is damaged, and not the zip around it. */
  private static Arguments inZip(String name, String pickle, Map<String, String> storages) {
    UnaryOperator<byte[]> wrap =
        bytes -> Pickles.zip(new String(bytes, StandardCharsets.ISO_8859_1), storages);
    return argumentSet(name, Pickles.bytes(pickle), wrap, (Reader) WeightFile::read);
  }

  private static byte[] written(Reader writer) throws IOException {
    Path file = Files.createTempFile("valid", ".safetensors");
    try {
      writer.read(file);
      return Files.readAllBytes(file);
    } finally {
      Files.delete(file);
    }
  }

  private static TrainingState state(Weights weights) {
    return new TrainingState(
        Map.of("model", "tiny"), 0, 3, new Totals(1.5, 10, 5, 7, 2), weights, weights, List.of());
  }

  private static String besideWeights() {
    String module = "\u008c\10argparse\u0094";
    return "\u0080\4\u0095"
        + "\u00ff\0\0\0\0\0\0\0"
        + dict(
            "args",
                module
                    + "\u008c\11Namespace\u0094\u0093)\u0081}"
                    + string("lr")
                    + integer(1)
                    + "sb",
            "set", "\u008f(K\1K\2\u0090\u0094",
            "frozen", "(K\1K\2\u0091",
            "long", "\u008b\3\0\0\0abcB\3\0\0\0abc0\u0096\3\0\0\0\0\0\0\0abc0",
            "list", "](K\1N\u0088e0(K\1t2\u0086",
            "counter", "ccollections\nCounter\n}K\1K\2s\u0085R",
            "pairs", "ccollections\nOrderedDict\n](](" + string("k") + "Nee\u0085R",
            "optimizer", dict("state", "}K\0" + dict("step", "K\1") + "s", "param_groups", "]"),
            "state_dict", dict("module.w", vector(FLOAT, "0", 2), "module.b", "h\0"));
  }

  private static String network() {
    String leaf =
        "cnets\nLeaf\n)\u0081"
            + dict(
                "_parameters", dict("w", vector(FLOAT, "0", 2)), "_buffers", "}", "_modules", "}")
            + "bq\1";
    return "cnets\nNet\n)\u0081"
        + dict("_parameters", "}", "_modules", dict("a", leaf, "b", "h\1"), "c", "h\1")
        + "b";
  }

  private static String script() {
    String leaf =
        "c__torch__.torch.nn\nLinear\n)\u0081" + dict("w", vector(FLOAT, "0", 2)) + "bq\1";
    return "c__torch__\nNet\n)\u0081" + dict("training", "\u0088", "a", leaf, "b", "h\1") + "b";
  }

  @ParameterizedTest
  @MethodSource("targets")
  void areReadOrRefused(byte[] valid, UnaryOperator<byte[]> wrap, Reader reader)
      throws IOException {
    Path file = folder.resolve("file.bin");
    Files.write(file, wrap.apply(valid));
    reader.read(file);
    long seconds = Long.getLong("residual.attack.seconds", 0);
    long seed = Long.getLong("residual.attack.seed", 20160627);
    SplittableRandom random = new SplittableRandom(seed);
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    int count = 0;
    int refused = 0;
    while (seconds == 0 ? count < MUTATIONS : System.nanoTime() < end) {
      byte[] bytes = wrap.apply(Mutations.mutate(valid, random));
      overwrite(file, bytes);
      refused += isRefused(file, reader, "seed-%d-%d".formatted(seed, count), bytes) ? 1 : 0;
      count++;
    }
    if (seconds > 0) {
      System.out.printf("attacked with %,d files of weights, %,d refused%n", count, refused);
    }
    assertThat(refused).isBetween(count / 5, count);
  }

  /** Some file systems wait for the disk where a file is emptied before it is written. */
  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes));
      channel.truncate(bytes.length);
    }
  }

  private static boolean isRefused(Path file, Reader reader, String name, byte[] bytes)
      throws IOException {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long begin = System.nanoTime();
    long allocated = thread.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try {
      try {
        reader.read(file);
      } catch (IOException e) {
        refused = true;
        assertThat(e).hasMessageStartingWith(file + ": ");
        assertThat(e.getMessage()).hasSizeLessThan(1000).doesNotContainPattern("\\p{Cc}");
      }
      assertThat(thread.getCurrentThreadAllocatedBytes() - allocated).isLessThan(MOST_MEMORY);
      assertThat(System.nanoTime() - begin).isLessThan(LONGEST.toNanos());
    } catch (Throwable e) {
      Path harmful = Files.createDirectories(HARMFUL).resolve(name + ".bin");
      Files.write(harmful, bytes);
      throw new AssertionError(harmful.toAbsolutePath().toString(), e);
    }
    return refused;
  }
}
