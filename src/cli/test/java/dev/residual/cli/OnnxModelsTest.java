package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.onnx.OnnxFiles;
import dev.residual.io.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that take a model of an ONNX file. */
class OnnxModelsTest {
  @TempDir Path folder;

  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    model = OnnxFiles.network().write(folder);
  }

  @Test
  void areDescribed() throws IOException {
    assertThat(
            Invocation.success("describe", "--model", model, "--input", 9, "--json").out().strip())
        .isEqualTo("{\"parameters\":131,\"macs\":1740}");
    assertThat(Invocation.success("describe", "--model", model).out())
        .contains("model.onnx, 3 classes, images of 224x224", "3x3 4 stride 2", "linear 3");
    Path svg = folder.resolve("model.svg");
    Invocation.success("describe", "--model", model, "--svg", svg);
    assertThat(Files.readString(svg)).contains("model.onnx", "3x3 4 stride 2", "linear 3");
  }

  /** Its shapes between the layers are those of one image. */
  private static OnnxFiles forOneImage() {
    return new OnnxFiles()
        .input("images", 1, 3, 16, 16)
        .weights("conv.weight", OnnxFiles.counting(4, 3, 3, 3))
        .weights("fc.weight", OnnxFiles.counting(3, 4))
        .integers("halves", 2, 2)
        .integers("row", 1, 4)
        .node("Conv", "conv", List.of("images", "conv.weight"))
        .node("GlobalAveragePool", "pool", List.of("conv"))
        .node("Reshape", "cut", List.of("pool", "halves"))
        .node("Reshape", "flat", List.of("cut", "row"))
        .node("Gemm", "fc", List.of("flat", "fc.weight"), OnnxFiles.integer("transB", 1))
        .output("fc");
  }

  @Test
  void ofOneImageAreInspectedOnData() throws IOException {
    Path one = forOneImage().write(folder);
    Path data = Pictures.write(folder.resolve("data"), 3, 2, 16, 1);
    Path out = folder.resolve("inspected");
    Invocation.success("inspect", "--model", one, "--data", data, "--out", out, "--threads", 1);
    assertThat(Files.readAllLines(out.resolve("responses.csv")))
        .hasSize(2)
        .last(STRING)
        .matches("conv,\\d.*");
  }

  @Test
  void areMeasured() {
    for (String mode : new String[] {"infer", "train"}) {
      assertThat(
              Invocation.success(
                      "benchmark",
                      "--model",
                      model,
                      "--mode",
                      mode,
                      "--batch",
                      2,
                      "--input",
                      16,
                      "--steps",
                      1,
                      "--json")
                  .out())
          .startsWith("{\"imagesPerSecond\":");
    }
  }

  @Test
  void classify() throws IOException {
    Path image = folder.resolve("image.png");
    PngFile.write(image, new DrawnShapes(1, 64, 1).image(0), 1);

    String out = Invocation.success("classify", "--model", model, image).out();

    assertThat(out.lines()).hasSize(4).anyMatch(line -> line.endsWith("class 2"));
  }

  @Test
  void areTrainedFurtherAndEvaluated() throws IOException {
    Path out = folder.resolve("run");
    Invocation trained =
        Invocation.success(
            "train",
            "--model",
            model,
            "--data",
            "shapes",
            "--image-size",
            32,
            "--epochs",
            1,
            "--out",
            out);
    assertThat(trained.out()).contains("held out");

    Path weights = out.resolve("model.safetensors");
    assertThat(Safetensors.read(weights).weights().tensors())
        .containsKeys("conv.weight", "norm.running_mean", "fc.bias");
    assertThat(
            Invocation.success(
                    "evaluate",
                    "--model",
                    model,
                    "--weights",
                    weights,
                    "--data",
                    "shapes",
                    "--json")
                .out())
        .startsWith("{\"images\":2000,\"top1\":");
    assertThat(Invocation.failure("evaluate", "--model", model, "--data", "shapes"))
        .contains("has classes up to number 9, but " + model + " is for 3");
  }

  @Test
  void mustBeThere() throws IOException {
    Path missing = folder.resolve("missing.onnx");
    assertThat(Invocation.failure("describe", "--model", missing))
        .isEqualTo("residual: " + missing + ": no such file");
    Path other = Files.writeString(folder.resolve("other.onnx"), "text");
    assertThat(Invocation.failure("describe", "--model", other)).startsWith("residual: " + other);
  }

  @Test
  void networksByNameNeedWeights() {
    assertThat(Invocation.wrongUse("evaluate", "--model", "resnet18", "--data", "shapes"))
        .contains("--weights is missing");
    assertThat(Invocation.wrongUse("plan", "--model", model))
        .contains("plan takes the name of a network, given " + model);
  }
}
