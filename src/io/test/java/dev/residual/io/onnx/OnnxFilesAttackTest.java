package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integer;
import static dev.residual.io.onnx.OnnxFiles.integers;
import static dev.residual.io.onnx.OnnxFiles.number;
import static dev.residual.io.onnx.OnnxFiles.tensor;
import static dev.residual.io.onnx.OnnxFiles.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.residual.io.Mutations;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A valid ONNX file with random damage: it is read, or refused with one line, soon and in little
 * memory; nothing else. The system properties are those of the attack on files of weights.
 */
class OnnxFilesAttackTest {
  private static final int MUTATIONS = 700;
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final long MOST_MEMORY = 200L << 20;
  private static final Path HARMFUL = Path.of("target", "attack");

  @TempDir Path folder;

  /** A node of each family. */
  private static OnnxFiles valid() {
    List<String> x = List.of("x");
    return new OnnxFiles()
        .input("x", "N", 2, 4, 4)
        .weights("w", counting(2, 2, 3, 3))
        .weights("b", counting(2))
        .weights("c", counting(2, 1, 1))
        .weights("m", counting(8, 3))
        .integers("starts", 0)
        .integers("ends", 2)
        .integers("axes", 2)
        .node("Conv", "conv", List.of("x", "w", "b"), integers("pads", List.of(1, 1, 1, 1)))
        .node("BatchNormalization", "norm", List.of("conv", "b", "b", "b", "b"))
        .node("Relu", "relu", List.of("norm"))
        .node("LeakyRelu", "leaky", List.of("relu"), number("alpha", 0.1))
        .node("Mul", "product", List.of("leaky", "c"))
        .node("Concat", "joined", List.of("product", "x"), integer("axis", 1))
        .node("Slice", "part", List.of("joined", "starts", "ends", "axes"))
        .node(
            "MaxPool",
            "pool",
            List.of("part"),
            integers("kernel_shape", List.of(2, 2)),
            integers("strides", List.of(2, 2)),
            integer("ceil_mode", 1),
            text("auto_pad", "NOTSET"))
        .node("Transpose", "turned", List.of("pool"), integers("perm", List.of(0, 2, 3, 1)))
        .node("Shape", "shape", x)
        .node("Gather", "n", List.of("shape", "starts"))
        .node("Constant", "rest", List.of(), tensor("value", Integers.vector(List.of(-1L))))
        .node("Concat", "rows", List.of("n", "rest"), integer("axis", 0))
        .node("Expand", "twice", List.of("rest", "ends"))
        .node("Reshape", "flat", List.of("turned", "rows"))
        .node("Gemm", "scores", List.of("flat", "m"))
        .node("Softmax", "y", List.of("scores"), integer("axis", -1))
        .output("y");
  }

  @Test
  void areReadOrRefused() throws IOException {
    byte[] valid = valid().build().toByteArray();
    Path file = folder.resolve("model.onnx");
    long seconds = Long.getLong("residual.attack.seconds", 0);
    long seed = Long.getLong("residual.attack.seed", 20160627);
    SplittableRandom random = new SplittableRandom(seed);
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    int count = 0;
    int refused = 0;
    while (seconds == 0 ? count < MUTATIONS : System.nanoTime() < end) {
      byte[] bytes = Mutations.mutate(valid, random);
      Files.write(file, bytes);
      refused += isRefused(file, "seed-%d-%d".formatted(seed, count), bytes) ? 1 : 0;
      count++;
    }
    if (seconds > 0) {
      System.out.printf("attacked with %,d ONNX files, %,d refused%n", count, refused);
    }
    assertThat(refused).isBetween(count / 5, count);
  }

  private static boolean isRefused(Path file, String name, byte[] bytes) throws IOException {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long begin = System.nanoTime();
    long allocated = thread.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try {
      try {
        OnnxGraph graph = OnnxModel.read(file).graph(Map.of("x", Shape.of(1, 2, 4, 4)));
        graph.weights().check(graph.graph());
      } catch (IOException | IllegalArgumentException e) {
        refused = true;
        assertThat(e).hasMessageStartingWith(file + ": ");
        assertThat(e.getMessage()).hasSizeLessThan(1000).doesNotContainPattern("\\p{Cc}");
      }
      assertThat(thread.getCurrentThreadAllocatedBytes() - allocated).isLessThan(MOST_MEMORY);
      assertThat(System.nanoTime() - begin).isLessThan(LONGEST.toNanos());
    } catch (Throwable e) {
      Path harmful = Files.createDirectories(HARMFUL).resolve(name + ".onnx");
      Files.write(harmful, bytes);
      throw new AssertionError(harmful.toAbsolutePath().toString(), e);
    }
    return refused;
  }

  @Test
  void theValidFileIsRead() throws IOException {
    Tensor scores = OnnxFiles.run(valid().model(folder), counting(1, 2, 4, 4));

    assertThat(scores.shape()).isEqualTo(Shape.of(1, 3));
  }
}
