package dev.residual.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.io.files.AtomicFile;
import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightFileTest {
  private static final Weights WEIGHTS = new Weights(Map.of("w", Tensor.of(Shape.of(2), 1f, 2f)));

  @TempDir Path folder;

  private static void assertUnreadable(Path file, String reason) {
    assertThatIOException()
        .isThrownBy(() -> WeightFile.read(file).weights())
        .withMessage(file + reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.safetensors", "w.pth", "w.pt", "w.th", "W.PTH"})
  void readsWhatItWrites(String name) throws IOException {
    Path file = folder.resolve(name);

    WeightFile.write(file, WEIGHTS);

    Tensors.assertSame(WeightFile.read(file).weights().get("w"), WEIGHTS.get("w"));
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
  @ValueSource(strings = {"w", "w.bin", "w.pth.gz", "pth.d", "net.onnx"})
  void refusesToWriteOtherExtensions(String name) {
    Path file = folder.resolve(name);

    assertThatIOException()
        .isThrownBy(() -> WeightFile.write(file, WEIGHTS))
        .withMessage(
            file
                + ": unknown extension; weights are written to .safetensors .pth .pt .th, networks"
                + " to .onnx");
  }

  @ParameterizedTest
  @ValueSource(strings = {"w", "w.pth.tar", "w.bin", "w.ckpt", "w.pth", "w.safetensors"})
  void knowsFilesByTheirBytes(String name) throws IOException {
    Path file = folder.resolve(name);
    for (String written : new String[] {"from.safetensors", "from.pth"}) {
      WeightFile.write(folder.resolve(written), WEIGHTS);
      Files.copy(folder.resolve(written), file, StandardCopyOption.REPLACE_EXISTING);

      Tensors.assertSame(WeightFile.read(file).weights().get("w"), WEIGHTS.get("w"));
    }
  }

  /** The length of the header comes first, and may have the bytes that other formats begin with. */
  @ParameterizedTest
  @ValueSource(ints = {0x80, 0x280, 0x480, 'P' | 'K' << 8, 0x8b1f, 0x808})
  void readsSafetensorsWithHeadersOfAnyLength(int length) throws IOException {
    String header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    String padded = header + " ".repeat(length - header.length());
    Path file =
        Files.write(
            folder.resolve("w.bin"), Pickles.bytes(Pickles.number(8, length) + padded + "\5"));

    assertThat(WeightFile.read(file).weights().get("w").get(0)).isEqualTo(5);
  }

  static Stream<Arguments> otherFiles() {
    return Stream.of(
        argumentSet(
            "ONNX",
            "\b\7\22\7pytorch",
            "is an ONNX model, not weights alone: TrainedModel.readOnnx and --model take it"),
        argumentSet("gzip", "\37\u008b\b", "is compressed; gunzip gives the file itself"),
        argumentSet(
            "HDF5", "\u0089HDF\r\n", "weights in HDF5 files, as Keras writes, are not supported"),
        argumentSet(
            "text", "hi", "holds no weights: is neither safetensors nor a checkpoint of PyTorch"));
  }

  @ParameterizedTest
  @MethodSource("otherFiles")
  void saysWhatOtherFilesAre(String content, String reason) throws IOException {
    Path file = Files.write(folder.resolve("w.pth"), Pickles.bytes(content));

    assertUnreadable(file, ": " + reason);
  }

  @Test
  void saysThatTarIsNoFileOfWeights() throws IOException {
    byte[] tar = new byte[512];
    System.arraycopy(Pickles.bytes("ustar"), 0, tar, 257, 5);
    Path file = Files.write(folder.resolve("w.tar"), tar);

    assertUnreadable(
        file, ": is a tar archive, as PyTorch before 0.2 wrote; a later one saves it anew");
  }

  @Test
  void takesWrappersOffNamesInSafetensors() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("n_averaged", Tensor.of(Shape.of(1), 5f));
    tensors.put("module._orig_mod.w", WEIGHTS.get("w"));
    Path file = folder.resolve("w.safetensors");
    WeightFile.write(file, new Weights(tensors));

    WeightFile read = WeightFile.read(file);

    assertThat(read.weights().tensors()).containsOnlyKeys("w");
    assertThat(read.notes())
        .containsExactly("left aside 'n_averaged', the counter of an averaged model");
    assertThat(Safetensors.read(file).weights().tensors())
        .containsOnlyKeys("n_averaged", "module._orig_mod.w");
  }

  @Test
  void refusesToWriteIntoAMissingFolder() {
    Path file = folder.resolve("missing/w.pth");

    assertThatIOException()
        .isThrownBy(() -> WeightFile.write(file, WEIGHTS))
        .withMessage(file + ": the folder does not exist");
  }

  @Test
  void refusesToWriteOverAFolder() throws IOException {
    Path file = Files.createDirectory(folder.resolve("w.pth"));

    assertThatIOException()
        .isThrownBy(() -> WeightFile.write(file, WEIGHTS))
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
    WeightFile.write(folder.resolve("w.pth"), WEIGHTS);
    WeightFile.write(folder.resolve("w.pth"), WEIGHTS);

    assertThat(files()).containsExactly("w.pth");
  }

  @Test
  void writesThroughSymbolicLinks() throws IOException {
    Path file = Files.createFile(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link.pth"), file);

    WeightFile.write(link, WEIGHTS);

    assertThat(link).isSymbolicLink();
    assertThat(WeightFile.read(link).weights().tensors()).containsOnlyKeys("w");
  }

  private Stream<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).toList().stream();
    }
  }
}
