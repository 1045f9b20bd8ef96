package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightFilesTest {
  private static final Weights WEIGHTS = new Weights(Map.of("w", Tensor.of(Shape.of(2), 1f, 2f)));

  @TempDir Path folder;

  private static void assertUnreadable(Path file, String reason) {
    assertThatIOException().isThrownBy(() -> WeightFiles.read(file)).withMessage(file + reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.safetensors", "w.pth", "w.pt", "w.th", "W.PTH"})
  void readsWhatItWrites(String name) throws IOException {
    Path file = folder.resolve(name);

    WeightFiles.write(file, WEIGHTS);

    Tensors.assertSame(WeightFiles.read(file).get("w"), WEIGHTS.get("w"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.safetensors", "w.pth", "w.pt", "w.th"})
  void saysWhatIsWrongWithAFile(String name) throws IOException {
    Path file = folder.resolve(name);
    assertUnreadable(file, ": no such file");
    Files.createFile(file);
    assertUnreadable(file, ": the file is empty");
    Files.writeString(file, "\n<!DOCTYPE html><html>404</html>");
    assertUnreadable(file, ": is a web page, not weights; perhaps a download that failed");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    assertUnreadable(file, ": is a pointer of Git LFS; `git lfs pull` fetches the file itself");
    Files.delete(file);
    Files.createDirectory(file);
    assertUnreadable(file, ": is a folder, not a file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"w", "w.bin", "w.pth.gz", "pth.d"})
  void refusesOtherExtensions(String name) {
    Path file = folder.resolve(name);
    String reason =
        ": unknown extension; weights are read from and written to .safetensors .pth .pt .th";

    assertUnreadable(file, reason);
    assertThatIOException()
        .isThrownBy(() -> WeightFiles.write(file, WEIGHTS))
        .withMessage(file + reason);
  }

  @Test
  void refusesOnnx() {
    assertUnreadable(folder.resolve("net.onnx"), ": weights in ONNX files are not supported");
  }

  @Test
  void refusesToWriteIntoAMissingFolder() {
    Path file = folder.resolve("missing/w.pth");

    assertThatIOException()
        .isThrownBy(() -> WeightFiles.write(file, WEIGHTS))
        .withMessage(file + ": the folder does not exist");
  }

  @Test
  void refusesToWriteOverAFolder() throws IOException {
    Path file = Files.createDirectory(folder.resolve("w.pth"));

    assertThatIOException()
        .isThrownBy(() -> WeightFiles.write(file, WEIGHTS))
        .withMessage(file + ": is a folder, not a file");
  }

  @Test
  void keepsTheOldFileWhenWritingFails() throws IOException {
    Path file = Files.writeString(folder.resolve("w.pth"), "old");

    assertThatIOException()
        .isThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(new byte[1 << 20]);
                      throw new IOException("disk full");
                    }))
        .withMessage(file + ": disk full");

    assertThat(file).hasContent("old");
    assertThat(files()).containsExactly("w.pth");
  }

  @Test
  void leavesNothingBesideTheFile() throws IOException {
    WeightFiles.write(folder.resolve("w.pth"), WEIGHTS);
    WeightFiles.write(folder.resolve("w.pth"), WEIGHTS);

    assertThat(files()).containsExactly("w.pth");
  }

  @Test
  void writesThroughSymbolicLinks() throws IOException {
    Path file = Files.createFile(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link.pth"), file);

    WeightFiles.write(link, WEIGHTS);

    assertThat(link).isSymbolicLink();
    assertThat(WeightFiles.read(link).tensors()).containsOnlyKeys("w");
  }

  private Stream<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).toList().stream();
    }
  }
}
