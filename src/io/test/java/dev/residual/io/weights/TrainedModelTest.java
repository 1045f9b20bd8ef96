package dev.residual.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.residual.Backends;
import dev.residual.inference.InferenceOptions;
import dev.residual.inference.Network;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Transforms;
import dev.residual.io.training.Checkpoint;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainedModelTest {
  private static final ResNet NETWORK = ResNet.named("resnet20-cifar").classes(3);
  private static final Weights WEIGHTS =
      NETWORK.initializer(0).weights(NETWORK.inference(1).graph());

  @TempDir Path folder;

  private Path file(Weights weights, ModelCard card) throws IOException {
    Path file = folder.resolve("model.safetensors");
    Safetensors.write(file, weights, card.metadata());
    return file;
  }

  @Test
  void theFileTellsClassesAndSizes() throws IOException {
    ModelCard card = new ModelCard("resnet20-cifar", 24, List.of("a", "b", "c"));
    TrainedModel model = TrainedModel.read(ResNet.named("resnet20-cifar"), file(WEIGHTS, card));
    assertThat(model.architecture()).isEqualTo(NETWORK.input(24, 24));
    assertThat(model.card()).isEqualTo(card);
    assertThat(model.notes()).isEmpty();
    assertThat(model.isQuantized()).isFalse();
    InferenceOptions two = InferenceOptions.DEFAULT.withBatch(2);
    try (Network network = model.input(8, 8).network(Backends.cpu(), two)) {
      assertThat(network.images().shape()).isEqualTo(Shape.of(2, 3, 8, 8));
    }
  }

  @Test
  void namesOfOtherClassesAreLeftAsideAndWhatIsUnexpectedIsNoted() throws IOException {
    Map<String, Tensor> tensors = new HashMap<>();
    WEIGHTS.tensors().forEach((name, tensor) -> tensors.put("module." + name, tensor));
    tensors.put("n_averaged", Tensor.of(Shape.of(1), 1f));
    Path file = file(new Weights(tensors), new ModelCard("other", 0, List.of("a")));
    TrainedModel model = TrainedModel.read(ResNet.named("resnet20-cifar"), file);
    assertThat(model.card().classes()).isEmpty();
    assertThat(model.architecture().height()).isEqualTo(32);
    assertThat(model.notes())
        .containsExactly(
            file + ": left aside 'n_averaged', the counter of an averaged model",
            file + " was trained as other, and is used as resnet20-cifar");
  }

  @Test
  void theFileNamesItsNetworkInsideOrOutside() throws IOException {
    Path file = file(WEIGHTS, new ModelCard("resnet20-cifar", 24, List.of("a", "b", "c")));
    assertThat(TrainedModel.read(file).architecture()).isEqualTo(NETWORK.input(24, 24));
    Path named = folder.resolve("resnet20-cifar.pth");
    WeightFile.write(named, WEIGHTS);
    assertThat(TrainedModel.read(named).architecture()).isEqualTo(NETWORK);
    Path nameless = folder.resolve("best");
    Files.copy(named, nameless);
    assertThatIOException()
        .isThrownBy(() -> TrainedModel.read(nameless))
        .withMessageStartingWith(nameless + ": does not say which network its weights are of");
  }

  /** torchvision gives resize_size=232 with resnet50-11ad3fa6, transform_input with GoogLeNet. */
  @Test
  void publishedWeightsKeepWhatTheyWereMeasuredWith() throws IOException {
    ResNet network = TinyNetwork.network().input(224, 224);
    Weights weights = network.initializer(0).weights(network.inference(1).graph());
    Path published = folder.resolve("resnet50-11ad3fa6.pth");
    WeightFile.write(published, weights);
    Path converted = folder.resolve("converted.safetensors");
    WeightFile.read(published).write(converted);
    for (Path file : List.of(published, converted)) {
      TrainedModel model = TrainedModel.read(network, file);
      assertThat(model.transform()).isEqualTo(Transforms.resizeCrop(232, 224));
      assertThat(model.input(288, 288).transform()).isEqualTo(Transforms.evaluation(288));
    }
    Path googlenet = folder.resolve("googlenet-1378be20.pth");
    WeightFile.write(googlenet, weights);
    float[] half = {0.5f, 0.5f, 0.5f};
    assertThat(TrainedModel.read(network, googlenet).card().normalization())
        .isEqualTo(Normalization.of(half, half));
    Path other = folder.resolve("resnet50-0676ba61.pth");
    WeightFile.write(other, weights);
    assertThat(TrainedModel.read(network, other).transform())
        .isEqualTo(Transforms.parse("IMAGENET1K_V1"));
  }

  @Test
  void eightBitWeightsAreThoseOfTheirNetwork() throws IOException {
    Weights integers = QuantizedWeights.unmeasured(NETWORK.inference(1).graph(), WEIGHTS).toFile();
    Path file = file(integers, new ModelCard("resnet20-cifar", 32, List.of()));
    assertThat(TrainedModel.read(NETWORK, file).isQuantized()).isTrue();
    assertThatIOException()
        .isThrownBy(() -> TrainedModel.read(ResNet.named("resnet32-cifar"), file))
        .withMessageStartingWith(
            file + " holds no weights of resnet32-cifar, but of resnet20-cifar: ");
  }

  @Test
  void checkpointsAreNoModels() throws IOException {
    Path file = folder.resolve("checkpoint.safetensors");
    Weights none = new Weights(Map.of());
    Checkpoint.write(
        file, new TrainingState(Map.of(), 0, 1, Totals.ZERO, WEIGHTS, none, List.of()));
    assertThatIOException()
        .isThrownBy(() -> TrainedModel.read(NETWORK, file))
        .withMessage(
            file + " is the checkpoint of a training: take model.safetensors, which is beside it");
  }
}
