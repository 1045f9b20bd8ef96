package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.Tensors;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("checkpoint.safetensors");
    Checkpoint.write(file, state());
  }

  @Test
  void readingGivesTheSameState() throws IOException {
    TrainingState expected = state();
    TrainingState found = Checkpoint.read(file);
    assertThat(found.settings()).isEqualTo(expected.settings());
    assertThat(found.epoch()).isEqualTo(2);
    assertThat(found.batch()).isEqualTo(17);
    assertThat(found.totals()).isEqualTo(expected.totals());
    assertThat(found.metrics()).isEqualTo(expected.metrics());
    assertSame(found.weights(), expected.weights());
    assertSame(found.states(), expected.states());
  }

  @Test
  void theSameStateGivesTheSameBytes() throws IOException {
    Path other = folder.resolve("other.safetensors");
    Checkpoint.write(other, state());
    assertThat(other).hasSameBinaryContentAs(file);
  }

  @Test
  void nothingIsLeftBesideTheFile() {
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Checkpoint.read(file))
          .as("the first %d of %d bytes", length, whole.length)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(file.toString());
    }
  }

  @Test
  void everyFlippedBitIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    byte[] expected = whole.clone();
    for (int i = 0; i < whole.length; i++) {
      whole[i] ^= 1;
      Files.write(file, whole);
      if (!isPadding(expected, i)) {
        assertThatThrownBy(() -> Checkpoint.read(file))
            .as("byte %d of %d", i, whole.length)
            .isInstanceOf(IOException.class)
            .hasMessageStartingWith(file.toString());
      }
      whole[i] ^= 1;
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path weights = folder.resolve("model.safetensors");
    Safetensors.write(weights, state().weights());
    assertThatThrownBy(() -> Checkpoint.read(weights))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(weights.toString())
        .hasMessageContaining("no checkpoint of a training");

    Path text = folder.resolve("notes.safetensors");
    Files.writeString(text, "Dear diary, today the loss fell.\n");
    assertThatThrownBy(() -> Checkpoint.read(text))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(text.toString());

    Path missing = folder.resolve("missing.safetensors");
    assertThatThrownBy(() -> Checkpoint.read(missing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void anotherVersionIsRefused() throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(Safetensors.readMetadata(file));
    metadata.put("residual.checkpoint", "2");
    Safetensors.write(file, Safetensors.read(file).weights(), metadata);
    assertThatThrownBy(() -> Checkpoint.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("version '2'");
  }

  @Test
  void anotherTrainingIsRefusedAndItsDifferencesNamed() throws IOException {
    assertThat(Checkpoint.read(file, state().settings()).epoch()).isEqualTo(2);
    Map<String, String> others = Map.of("model", "resnet56-cifar", "epochs", "4", "seed", "7");
    assertThatThrownBy(() -> Checkpoint.read(file, others))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("model is resnet20-cifar, now resnet56-cifar")
        .hasMessageContaining("seed is absent, now 7")
        .hasMessageNotContaining("epochs");
  }

  /** Spaces that fill the header up say nothing, so that a change in them matters to nobody. */
  private static boolean isPadding(byte[] bytes, int index) {
    int header = 8 + (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return index < header
        && new String(bytes, index, header - index, StandardCharsets.ISO_8859_1).isBlank();
  }

  private static TrainingState state() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("conv1.weight", Tensor.of(Shape.of(2, 1, 1, 1), 1.5f, -0f));
    weights.put("bn1.bias", Tensor.of(Shape.of(2), Float.MIN_VALUE, 3f));
    Map<String, Tensor> states = new LinkedHashMap<>();
    states.put("velocity.conv1.weight", Tensor.of(Shape.of(2, 1, 1, 1), 0.25f, 1e-20f));
    MemorySegment random = MemorySegment.ofArray(new long[] {Long.MIN_VALUE + 5});
    states.put("dropout.random", new Tensor(DType.I64, Shape.of(1), random));
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model", "resnet20-cifar");
    settings.put("epochs", "4");
    return new TrainingState(
        settings,
        2,
        17,
        new Totals(123.456789, 17 * 128, 1000, 2000, 5.5),
        new Weights(weights),
        new Weights(states),
        List.copyOf(MetricsFileTest.METRICS));
  }

  private static void assertSame(Weights found, Weights expected) {
    assertThat(found.tensors().keySet()).isEqualTo(expected.tensors().keySet());
    expected.tensors().forEach((name, tensor) -> Tensors.assertSame(found.get(name), tensor));
  }
}
