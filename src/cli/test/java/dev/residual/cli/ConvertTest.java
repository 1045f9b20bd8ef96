package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

  @Test
  void networksBecomeOnnxFilesAndWeightsAgain() throws IOException {
    ResNet network = ResNet.named("resnet20-cifar").classes(4);
    Weights weights = network.initializer(5).weights(network.inference(1).graph());
    Path in = folder.resolve("in.safetensors");
    Path onnx = folder.resolve("model.onnx");
    Path out = folder.resolve("out.safetensors");
    WeightFile.write(in, weights);

    assertThat(Invocation.success("convert", in, onnx, "--model", "resnet20-cifar").out())
        .contains("model.onnx");
    Invocation.success("convert", onnx, out);

    Weights back = WeightFile.read(out).weights();
    weights
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(back.get(name).data().mismatch(tensor.data())).as(name).isEqualTo(-1));
  }

  @Test
  void foldedNetworksHaveNoBatchNorms() throws IOException {
    ResNet network = ResNet.named("resnet20-cifar");
    Weights weights = network.initializer(5).weights(network.inference(1).graph());
    Path in = folder.resolve("in.safetensors");
    Path onnx = folder.resolve("model.onnx");
    WeightFile.write(in, weights);

    Invocation.success("convert", in, onnx, "--model", "resnet20-cifar", "--fold");

    assertThat(new String(Files.readAllBytes(onnx), StandardCharsets.ISO_8859_1))
        .contains("Conv")
        .doesNotContain("BatchNormalization");
  }

  @Test
  void anOnnxFileNeedsTheNetwork() throws IOException {
    Path in = folder.resolve("in.safetensors");
    WeightFile.write(in, new Weights(Map.of("w", TENSOR)));
    assertThat(Invocation.wrongUse("convert", in, folder.resolve("model.onnx")))
        .contains("an OUT .onnx need --model");
    assertThat(Invocation.wrongUse("convert", in, folder.resolve("out.pth"), "--fold"))
        .contains("--fold with an OUT .onnx");
  }
}
