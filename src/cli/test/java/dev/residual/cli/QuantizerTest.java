package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizerTest {
  @TempDir Path folder;

  private Path floating() throws IOException {
    ResNet network = ResNet.named("resnet20-cifar");
    Weights weights = network.initializer(5).weights(network.inference(1).graph());
    Path file = folder.resolve("f32.safetensors");
    WeightFile.write(file, weights);
    return file;
  }

  private static Object[] convert(Path in, Path out) {
    return new Object[] {
      "convert",
      "--int8",
      in,
      out,
      "--model",
      "resnet20-cifar",
      "--calibrate",
      "shapes",
      "--images",
      16
    };
  }

  @Test
  void aQuantisedFileIsEvaluatedButNotTrained() throws IOException {
    Path in = floating();
    Path out = folder.resolve("int8.safetensors");
    assertThat(Invocation.success(convert(in, out)).out()).contains("tensors");
    assertThat(WeightFile.read(out).weights().get("layer1.1.conv2.weight").dtype())
        .isEqualTo(DType.S8);
    assertThat(out.toFile().length()).isLessThan(in.toFile().length() / 2);
    Object[] evaluate = {
      "evaluate", "--model", "resnet20-cifar", "--weights", out, "--data", "shapes", "--json"
    };
    Map<String, Double> result = Results.parse(Invocation.success(evaluate).out());
    assertThat(result).containsEntry("images", 2000.0);
    assertThat(
            Invocation.failure(
                "train",
                "--model",
                "resnet20-cifar",
                "--weights",
                out,
                "--data",
                "shapes",
                "--out",
                folder.resolve("run")))
        .contains("8-bit weights");
    assertThat(Invocation.failure(convert(out, folder.resolve("again.safetensors"))))
        .contains("8-bit weights already");
    assertThat(
            Invocation.failure(
                "evaluate", "--model", "resnet32-cifar", "--weights", out, "--data", "shapes"))
        .contains("holds no weights of resnet32-cifar");
  }

  @Test
  void anOnnxFileIsQuantised() throws IOException {
    Path in = folder.resolve("in.onnx");
    Path out = folder.resolve("int8.onnx");
    Invocation.success("convert", floating(), in, "--model", "resnet20-cifar");
    Invocation.success("convert", "--int8", in, out, "--calibrate", "shapes", "--images", 16);

    assertThat(out.toFile().length()).isLessThan(in.toFile().length() / 2);
    Object[] evaluate = {"evaluate", "--model", out, "--data", "shapes", "--json"};
    assertThat(Results.parse(Invocation.success(evaluate).out())).containsEntry("images", 2000.0);
    assertThat(
            Invocation.wrongUse(
                "convert", "--int8", in, out, "--calibrate", "shapes", "--model", in))
        .contains("takes no --model");
  }

  @Test
  void optionsThatGoTogetherAreAskedFor() throws IOException {
    Path in = floating();
    Path out = folder.resolve("out.safetensors");
    assertThat(Invocation.wrongUse("convert", "--int8", in, out)).contains("--int8 needs");
    assertThat(Invocation.wrongUse("convert", in, out, "--calibrate", "shapes"))
        .contains("go with --int8");
    assertThat(Invocation.wrongUse("convert", "--int8", in, out, "--calibrate", "shapes"))
        .contains("need --model");
    assertThat(Invocation.wrongUse(convert(in, folder.resolve("out.pth"))))
        .contains("--int8 needs");
  }
}
