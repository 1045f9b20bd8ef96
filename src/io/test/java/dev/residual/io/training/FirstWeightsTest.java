package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;

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
