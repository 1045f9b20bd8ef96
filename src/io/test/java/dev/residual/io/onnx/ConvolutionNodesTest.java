package dev.residual.io.onnx;

import static dev.residual.io.onnx.OnnxFiles.counting;
import static dev.residual.io.onnx.OnnxFiles.integer;
import static dev.residual.io.onnx.OnnxFiles.integers;
import static dev.residual.io.onnx.OnnxFiles.number;
import static dev.residual.io.onnx.OnnxFiles.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Convolutions and batch norms, with results that are computed by hand. */
class ConvolutionNodesTest {
  @TempDir Path folder;

  @Test
  void convolutionsHaveGroupsDilationAndUnequalPadding() throws IOException {
    OnnxModel model =
        new OnnxFiles()
            .input("x", 1, 2, 1, 3)
            .weights("w", Tensor.of(Shape.of(2, 1, 1, 2), 1f, 2f, 3f, 4f))
            .weights("b", Tensor.of(Shape.of(2), 100f, 200f))
            .node(
                "Conv",
                "y",
                List.of("x", "w", "b"),
                integer("group", 2),
                integers("dilations", List.of(1, 2)),
                integers("pads", List.of(0, 2, 0, 0)))
            .output("y")
            .model(folder);

    Tensor actual = OnnxFiles.run(model, counting(1, 2, 1, 3));

    assertThat(actual.toFloats()).containsExactly(102, 104, 107, 216, 220, 236);
  }

  @Test
  void convolutionsOfSignalsHaveOneRow() throws IOException {
    OnnxModel model =
        new OnnxFiles()
            .input("x", 1, 1, 3)
            .weights("w", Tensor.of(Shape.of(1, 1, 2), 1f, 10f))
            .node("Conv", "y", List.of("x", "w"), text("auto_pad", "SAME_LOWER"))
            .output("y")
            .model(folder);

    Tensor actual = OnnxFiles.run(model, counting(1, 1, 3));

    assertThat(actual.shape()).isEqualTo(Shape.of(1, 1, 3));
    assertThat(actual.toFloats()).containsExactly(10, 21, 32);
  }

  private OnnxModel norm(AttributeProto... attributes) throws IOException {
    return new OnnxFiles()
        .input("x", 2, 1, 1, 1)
        .weights("scale", Tensor.of(Shape.of(1), 2f))
        .weights("shift", Tensor.of(Shape.of(1), 1f))
        .weights("mean", Tensor.of(Shape.of(1), 3f))
        .weights("variance", Tensor.of(Shape.of(1), 4f))
        .node(
            "BatchNormalization",
            "y",
            List.of("x", "scale", "shift", "mean", "variance"),
            attributes)
        .output("y")
        .model(folder);
  }

  @Test
  void batchNormsHaveTheStatisticsOfTheFile() throws IOException {
    Tensor actual = OnnxFiles.run(norm(number("epsilon", 0)), counting(2, 1, 1, 1));

    assertThat(actual.toFloats()).containsExactly(-1, 0);
  }

  @Test
  void batchNormsInTrainingModeHaveThoseOfTheBatch() throws IOException {
    Tensor actual =
        OnnxFiles.run(
            norm(number("epsilon", 0), integer("training_mode", 1)), counting(2, 1, 1, 1));

    assertThat(actual.toFloats()).containsExactly(-1, 3);
  }
}
