package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertTest {
  private static final Tensor TENSOR = Tensor.of(Shape.of(1), 1f);

  @TempDir Path folder;

  @Test
  void saysWhatIsLeftAside() throws IOException {
    Path in = folder.resolve("in.safetensors");
    Path out = folder.resolve("out.pth");
    WeightFile.write(in, new Weights(Map.of("n_averaged", TENSOR, "module.w", TENSOR)));

    Invocation done = Invocation.success("convert", in, out);

    assertThat(done.err().lines())
        .containsExactly(
            "note: " + in + ": left aside 'n_averaged', the counter of an averaged model");
    assertThat(WeightFile.read(out).weights().tensors()).containsOnlyKeys("w");
  }

  @Test
  void keepsMetadataWhateverTheFileIsCalled() throws IOException {
    Path in = folder.resolve("in.safetensors");
    Path out = folder.resolve("out.safetensors");
    Safetensors.write(in, new Weights(Map.of("w", TENSOR)), Map.of("model", "tiny"));

    Invocation done =
        Invocation.success("convert", Files.move(in, folder.resolve("model.bin")), out);

    assertThat(done.err()).isEmpty();
    assertThat(Safetensors.readMetadata(out)).isEqualTo(Map.of("model", "tiny"));
  }
}
