package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.io.Pickles.Storage;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Valid files with random damage: they are read, or refused with one line; nothing else. */
@Timeout(120)
class MutatedFilesTest {
  private static final int MUTATIONS = 1500;
  private static final long SEED = 20160627;

  @TempDir Path folder;

  static Stream<Arguments> files() throws IOException {
    List<Storage> storages = Pickles.twoStorages();
    Map<String, Storage> legacy = new LinkedHashMap<>();
    legacy.put("0", storages.get(0));
    legacy.put("1", storages.get(1));
    Map<String, String> zip = new LinkedHashMap<>();
    legacy.forEach((key, storage) -> zip.put(key, storage.data()));
    Path temporary = Files.createTempFile("valid", ".safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weight", Tensor.of(Shape.of(3, 2), 1f, 2, 3, 4, 5, 6));
    tensors.put("bias", Tensor.of(Shape.of(2), 1f, 2).to(DType.F16));
    Safetensors.write(temporary, new Weights(tensors), Map.of("format", "pt"));
    byte[] safetensors = Files.readAllBytes(temporary);
    Files.delete(temporary);
    return Stream.of(
        argumentSet("legacy", "pth", Pickles.legacy(Pickles.twoTensors(), legacy)),
        argumentSet("zip", "pth", Pickles.zip(Pickles.twoTensors(), zip)),
        argumentSet("stored", "pth", stored(tensors)),
        argumentSet("safetensors", "safetensors", safetensors));
  }

  private static byte[] stored(Map<String, Tensor> tensors) throws IOException {
    var out = new ByteArrayOutputStream();
    CheckpointWriter.write(tensors, out);
    return out.toByteArray();
  }

  @ParameterizedTest
  @MethodSource("files")
  void areReadOrRefused(String extension, byte[] valid) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    Path file = folder.resolve("file." + extension);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] mutated = mutate(valid, random);
      Files.write(file, mutated);
      try {
        WeightFiles.read(file);
      } catch (IOException e) {
        refused++;
        assertThat(e).hasMessageStartingWith(file + ": ");
        assertThat(e.getMessage()).doesNotContain("\n");
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed %d, mutation %d".formatted(SEED, i), e);
      }
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS);
  }

  private static byte[] mutate(byte[] valid, SplittableRandom random) {
    byte[] bytes = valid.clone();
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0 -> bytes = Arrays.copyOf(bytes, at);
      case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      case 3 -> {
        int length = Math.min(random.nextInt(1, 16), bytes.length - at);
        System.arraycopy(bytes, random.nextInt(bytes.length - length), bytes, at, length);
      }
      default -> {
        byte extreme = new byte[] {0, 1, 127, -128, -1}[random.nextInt(5)];
        Arrays.fill(bytes, at, Math.min(at + random.nextInt(1, 9), bytes.length), extreme);
      }
    }
    return bytes;
  }
}
