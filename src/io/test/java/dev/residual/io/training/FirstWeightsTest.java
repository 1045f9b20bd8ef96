package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.images.Interpolation;
import dev.residual.io.images.Normalization;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FirstWeightsTest {
  private static final ImageNetwork NETWORK = Networks.named("googlenet").classes(3).input(32, 32);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"w.safetensors", "w.pth"})
  void auxiliaryHeadsAreTakenForTrainingAlone(String name) throws IOException {
    Path file = folder.resolve(name);
    Weights saved = NETWORK.firstWeights(1);
    WeightFile.write(file, saved);
    TrainedModel trained = TrainedModel.read(NETWORK, file);
    assertThat(trained.weights().tensors()).doesNotContainKey("aux1.fc2.weight");
    assertThat(trained.notes())
        .containsExactly(file + ": 'aux1' and 'aux2' are heads that serve training alone");

    FirstWeights same = read(NETWORK, file);
    same.weights().check(NETWORK.training(2).graph());
    assertSame(same.weights(), saved, "aux1.fc2.weight", "aux2.conv.conv.weight", "fc.weight");

    ImageNetwork other = NETWORK.classes(4);
    FirstWeights changed = read(other, file);
    changed.weights().check(other.training(2).graph());
    assertSame(changed.weights(), saved, "aux1.fc1.weight", "aux1.conv.bn.running_var");
    assertSame(changed.weights(), other.firstWeights(7), "aux1.fc2.weight", "fc.bias");
  }

  @Test
  void auxiliaryHeadsThatAFileLacksAreDrawn() throws IOException {
    Path file = folder.resolve("w.safetensors");
    WeightFile.write(file, NETWORK.firstWeights(1).of(NETWORK.inference(1).graph()));
    Weights weights = read(NETWORK, file).weights();
    assertSame(weights, NETWORK.firstWeights(7), "aux1.fc1.weight", "aux2.fc2.bias");
    assertSame(weights, NETWORK.firstWeights(1), "conv1.conv.weight", "fc.weight");
  }

  @Test
  void statisticsAreThoseOfScaledImages() throws IOException {
    ImageNetwork network = Networks.named("resnet20-cifar").input(8, 8);
    float[] usual = means(network, ImageScaling.USUAL);
    float[] ones = {1, 1, 1};
    Normalization darker = Normalization.of(new float[] {0.9f, 0.9f, 0.9f}, ones);
    assertThat(means(network, new ImageScaling(darker, Interpolation.BILINEAR)))
        .isNotEqualTo(usual);
    assertThat(means(network, new ImageScaling(Normalization.IMAGENET, Interpolation.BICUBIC)))
        .isNotEqualTo(usual);
  }

  private static float[] means(ImageNetwork network, ImageScaling scaling) throws IOException {
    FirstWeights drawn = FirstWeights.of(network, 1, false);
    DataSet shapes = new DrawnShapes(1, 12, 1);
    CompileOptions options = new CompileOptions(1);
    return drawn
        .calibrated(network, shapes, scaling, Backends.cpu(), options, note -> {})
        .weights()
        .get("bn1.running_mean")
        .toFloats();
  }

  private static FirstWeights read(ImageNetwork network, Path file) throws IOException {
    List<String> notes = new ArrayList<>();
    return FirstWeights.read(network, file, 7, false, notes::add).completed(network, file, 7);
  }

  private static void assertSame(Weights actual, Weights expected, String... names) {
    for (String name : names) {
      assertThat(actual.get(name).toFloats()).as(name).isEqualTo(expected.get(name).toFloats());
    }
  }
}
