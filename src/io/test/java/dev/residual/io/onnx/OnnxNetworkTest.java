package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxNetworkTest {
  @TempDir Path folder;

  private static List<String> kinds(Graph graph) {
    return graph.ops().stream().map(Op::kind).toList();
  }

  @Test
  void aSoftmaxAtTheEndIsLeftOut() throws IOException {
    OnnxNetwork network = OnnxNetwork.of(OnnxFiles.network().model(folder));

    Model model = network.inference(2);

    assertThat(network.name()).isEqualTo("model.onnx");
    assertThat(network.classes()).isEqualTo(3);
    assertThat(network.height()).isEqualTo(224);
    assertThat(model.images()).isEqualTo(Value.input("images", Shape.of(2, 3, 224, 224)));
    assertThat(model.logits()).isEqualTo(Value.activation("fc", Shape.of(2, 3)));
    assertThat(model.graph().outputs()).containsExactly(model.logits());
    assertThat(kinds(model.graph()))
        .containsExactly(
            "Conv2d", "BatchNormInference", "Relu", "GlobalAvgPool", "Reshape", "Linear");
  }

  @Test
  void infersWhatTheGraphDoes() throws IOException {
    OnnxModel file = OnnxFiles.network().model(folder);
    OnnxNetwork network = OnnxNetwork.of(file).input(7, 9);
    Tensor images = counting(2, 3, 7, 9);
    Tensor expected = OnnxFiles.run(file, images);

    try (Network compiled =
        Network.of(
            Backends.reference(),
            network.inference(2),
            network.firstWeights(0),
            CompileOptions.DEFAULT,
            DType.F32)) {
      Tensor scores = compiled.run(images);
      for (int i = 0; i < 2; i++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) {
          sum += Math.exp(scores.get(3 * i + j) - scores.get(3 * i));
        }
        assertThat(expected.get(3 * i)).isCloseTo(1 / sum, within(1e-5));
      }
    }
  }

  @Test
  void trainsWithTheStatisticsOfTheBatch() throws IOException {
    OnnxNetwork network = OnnxNetwork.of(OnnxFiles.network().model(folder)).input(8, 8);

    Model model = network.training(2);

    assertThat(kinds(model.graph())).contains("BatchNorm").doesNotContain("BatchNormInference");
    network.firstWeights(0).check(model.graph());
  }

  @Test
  void anotherNumberOfClassesGetsANewHead() throws IOException {
    OnnxNetwork network = OnnxNetwork.of(OnnxFiles.network().model(folder)).classes(5);

    Weights weights = network.firstWeights(1);

    assertThat(network.inference(2).logits().shape()).isEqualTo(Shape.of(2, 5));
    weights.check(network.inference(2).graph());
    assertThat(weights.get("fc.weight").shape()).isEqualTo(Shape.of(5, 4));
    assertThat(weights.get("conv.weight").toFloats()).startsWith(0.01f, 0.02f);
  }

  @Test
  void anEndThatIsNoLinearLayerKeepsItsClasses() throws IOException {
    OnnxNetwork network =
        OnnxNetwork.of(
            new OnnxFiles()
                .input("x", "N", 3, 4, 4)
                .node("GlobalAveragePool", "y", List.of("x"))
                .output("y")
                .model(folder));

    assertThat(network.classes()).isEqualTo(3);
    assertThat(network.inference(2).logits().shape()).isEqualTo(Shape.of(2, 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network.classes(2))
        .withMessageEndingWith(
            "is for 3 classes: it cannot have 2, since it does not end in a linear layer");
  }

  /** As TensorFlow's exporter begins. */
  @Test
  void imagesMayHaveTheirChannelsLast() throws IOException {
    OnnxModel file =
        new OnnxFiles()
            .input("x", "N", 4, 5, 3)
            .node("Transpose", "turned", List.of("x"), integers("perm", List.of(0, 3, 1, 2)))
            .node("GlobalAveragePool", "y", List.of("turned"))
            .output("y")
            .model(folder);

    OnnxNetwork network = OnnxNetwork.of(file);

    assertThat(network.height()).isEqualTo(4);
    assertThat(network.width()).isEqualTo(5);
    Model model = network.inference(2);
    assertThat(model.images()).isEqualTo(Value.input("x", Shape.of(2, 3, 4, 5)));
    assertThat(kinds(model.graph())).containsExactly("GlobalAvgPool", "Reshape");
  }

  /** As PyTorch writes them, if it is not told that other numbers of images will come. */
  @ParameterizedTest
  @ValueSource(longs = {48, -1})
  void shapesWithTheNumberOfImagesHoldForOthers(long columns) throws IOException {
    OnnxNetwork network =
        OnnxNetwork.of(
            new OnnxFiles()
                .input("x", 1, 3, 4, 4)
                .integers("rows", 1, columns)
                .node("Reshape", "y", List.of("x", "rows"))
                .output("y")
                .model(folder));

    for (int batch : new int[] {1, 2, 48}) {
      assertThat(network.inference(batch).logits().shape()).isEqualTo(Shape.of(batch, 48));
    }
  }

  @Test
  void batchesOfAFixedSizeAreTold() throws IOException {
    OnnxNetwork network =
        OnnxNetwork.of(
            new OnnxFiles()
                .input("x", 2, 3, 4, 4)
                .integers("rows", 1, 2, 48)
                .node("Reshape", "z", List.of("x", "rows"))
                .integers("columns", 2, 48)
                .node("Reshape", "y", List.of("z", "columns"))
                .output("y")
                .model(folder));

    assertThat(network.inference(2).logits().shape()).isEqualTo(Shape.of(2, 48));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network.inference(3))
        .withMessageContaining("node 'z' (Reshape): the shape [1, 2, 48] for 3x3x4x4")
        .withMessageEndingWith(
            "; the file is for batches of 2: give that many, or export it with any number");
  }

  @Test
  void otherInputsAreNoImages() throws IOException {
    OnnxModel file =
        new OnnxFiles()
            .input("x", "N", 3)
            .node("Relu", "y", List.of("x"))
            .output("y")
            .model(folder);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> OnnxNetwork.of(file))
        .withMessage(
            folder.resolve("model.onnx")
                + ": the inputs are [input 'x' F32 Nx3], expected one of images, n c h w");
  }
}
