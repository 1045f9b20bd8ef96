package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.training.Checkpoint;
import dev.residual.io.training.MetricsFile;
import dev.residual.io.training.TrainingFolder;
import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainTest {
  @TempDir static Path shared;
  @TempDir Path folder;
  private static Path data;
  private Path out;

  @BeforeAll
  static void drawPictures() throws IOException {
    data = Pictures.dataSet(shared.resolve("data"));
  }

  @BeforeEach
  void nameTheFolder() {
    out = folder.resolve("out");
  }

  private Object[] train(Object... more) {
    return train("resnet20-cifar", data, more);
  }

  private Object[] train(String model, Path images, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("train", "--model", model, "--data", images));
    arguments.addAll(List.of("--image-size", 16, "--out", out, "--threads", 1));
    arguments.addAll(Arrays.asList(more));
    if (!arguments.contains("--batch")) {
      arguments.addAll(List.of("--batch", 12));
    }
    return arguments.toArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void theFolderHoldsWeightsMetricsAndCurve(String backend) throws IOException {
    Invocation done = Invocation.success(train("--epochs", 2, "--backend", backend));
    assertThat(done.out()).contains("top-1", "12 images held out", "model.safetensors");
    assertThat(done.err()).contains("epoch 1 of 2", "epoch 2 of 2");
    assertThat(MetricsFile.read(out.resolve("metrics.csv")))
        .hasSize(2)
        .allSatisfy(row -> assertThat(row.trainLoss()).isBetween(0.1, 10.0));
    assertThat(ImageIO.read(out.resolve("curve.png").toFile()).getWidth()).isGreaterThan(400);
    assertThat(Safetensors.readMetadata(out.resolve("model.safetensors")))
        .containsEntry("model", "resnet20-cifar")
        .containsEntry("classes", "arrow/circle/crescent")
        .containsEntry("image_size", "16");
    assertThat(out.resolve("report.html"))
        .content()
        .contains("36 images, 12 held out", "After epoch 2 of 2", "begins_with", "processor")
        .contains("Confusion matrix", "data:image/png;base64,")
        .doesNotContain("http-equiv");
    try (TrainingFolder folder = new TrainingFolder(out)) {
      assertThat(folder.results()).as("all that a new training would replace").hasSize(11);
    }
  }

  @Test
  void theSameSeedGivesTheSameWeightsAndAnotherSeedOthers() throws IOException {
    byte[] first = weightsAfter("--seed", 3);
    assertThat(weightsAfter("--seed", 3)).isEqualTo(first);
    assertThat(weightsAfter("--seed", 4)).isNotEqualTo(first);
  }

  private byte[] weightsAfter(Object... options) throws IOException {
    out = folder.resolve("out" + Arrays.toString(options) + System.nanoTime());
    List<Object> more = new ArrayList<>(List.of("--epochs", 1));
    more.addAll(Arrays.asList(options));
    Invocation.success(train(more.toArray()));
    return Files.readAllBytes(out.resolve("model.safetensors"));
  }

  @Test
  void aCompleteTrainingResumesToNothingMoreToDo() throws IOException {
    Invocation.success(train("--epochs", 1));
    byte[] weights = Files.readAllBytes(out.resolve("model.safetensors"));
    String predictions = Files.readString(out.resolve("predictions.csv"));
    Files.delete(out.resolve("predictions.csv"));
    Invocation again = Invocation.success(train("--epochs", 1, "--resume"));
    assertThat(again.err()).contains("is complete");
    assertThat(Files.readString(out.resolve("predictions.csv"))).isEqualTo(predictions);
    assertThat(Files.readAllBytes(out.resolve("model.safetensors"))).isEqualTo(weights);
    Path checkpoint = out.resolve("checkpoint.safetensors");
    out = folder.resolve("tuned");
    assertThat(Invocation.failure(train("--epochs", 1, "--weights", checkpoint)))
        .contains("take model.safetensors");
  }

  @Test
  void resumingWithoutACheckpointBeginsAnew() {
    assertThat(Invocation.success(train("--epochs", 1, "--resume")).err())
        .contains("no checkpoint to resume from");
  }

  @Test
  void resumingWithOtherSettingsNamesThem() {
    Invocation.success(train("--epochs", 1));
    assertThat(Invocation.failure(train("--epochs", 1, "--lr", 0.5, "--resume")))
        .contains("another training", "schedule");
  }

  @Test
  void aTrainingThatDivergesTellsWhatHelps() {
    assertThat(Invocation.failure(train("--epochs", 1, "--lr", 1e30)))
        .endsWith("; begin anew with a lower --lr in another --out");
    out = folder.resolve("later");
    // Each step makes all weights three times as large.
    List<Object> late = new ArrayList<>(List.of("--epochs", 10, "--schedule", "constant"));
    late.addAll(List.of("--lr", 1, "--weight-decay", 4, "--decay-norms"));
    late.addAll(List.of("--momentum", 0, "--no-nesterov"));
    assertThat(Invocation.failure(train(late.toArray())))
        .endsWith(
            "in another --out; --weights takes what the last good epoch left in "
                + out.resolve("model.safetensors"));
  }

  /** Puts a checkpoint of this step in place of the last one. */
  private void stopAt(int batch) throws IOException {
    Path file = out.resolve("checkpoint.safetensors");
    TrainingState state = Checkpoint.read(file);
    Checkpoint.write(
        file,
        new TrainingState(
            state.settings(), 0, batch, Totals.ZERO, state.weights(), state.states(), List.of()));
  }

  @Test
  void aTrainingThatStoppedIsNotOverwritten() throws IOException {
    Invocation.success(train("--epochs", 1));
    stopAt(1);
    assertThat(Invocation.failure(train("--epochs", 1))).contains("--resume", "--out");
  }

  @Test
  void aCheckpointOfAStepThatThereIsNotIsNamed() throws IOException {
    Invocation.success(train("--epochs", 1));
    stopAt(999);
    assertThat(Invocation.failure(train("--epochs", 1, "--resume")))
        .endsWith("checkpoint.safetensors: position: epoch 0, batch 999, of 1 epochs of 3 batches");
  }

  @Test
  void resultsAreNotReplaced() throws IOException {
    Invocation.success(train("--epochs", 1));
    Path model = out.resolve("model.safetensors");
    byte[] weights = Files.readAllBytes(model);
    assertThat(Invocation.failure(train("--epochs", 1, "--seed", 5)))
        .contains("is complete", "choose another --out");
    Path checkpoint = out.resolve("checkpoint.safetensors");
    byte[] state = Files.readAllBytes(checkpoint);
    Files.delete(checkpoint);
    assertThat(Invocation.failure(train("--epochs", 1, "--seed", 5)))
        .contains("model.safetensors would be replaced", "--out");
    assertThat(Invocation.failure(train("--epochs", 1, "--seed", 5, "--resume")))
        .contains("not of this training", "choose another folder, or delete it");
    assertThat(Invocation.failure("demo", "--out", out))
        .contains("model.safetensors is of no demonstration", "--out");
    Files.write(checkpoint, state);
    assertThat(Invocation.failure("demo", "--out", out)).contains("is of no demonstration");
    assertThat(Files.readAllBytes(model)).isEqualTo(weights);
    Files.delete(checkpoint);
    assertThat(Invocation.success(train("--epochs", 1, "--resume")).err())
        .as("it may have been killed before its first checkpoint")
        .contains("begins anew");
    assertThat(Files.readAllBytes(model)).isEqualTo(weights);
  }

  @Test
  void aTrainingDoesNotDisturbAnother() throws Exception {
    Object[] arguments = train("--epochs", 100_000, "--checkpoint-every", 0);
    String[] texts = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    Process first =
        Subprocess.builder(List.of(), texts).redirectOutput(folder.resolve("log").toFile()).start();
    Path checkpoint = out.resolve("checkpoint.safetensors");
    try {
      awaitChange(first, checkpoint);
      for (int i = 0; i < 5; i++) {
        assertThat(Invocation.failure(train("--epochs", 1)))
            .contains(out.toString(), "another training writes here");
        assertThat(Invocation.failure(train("--epochs", 100_000, "--resume")))
            .contains("another training writes here");
        assertThat(Invocation.failure("demo", "--out", out))
            .contains("another training writes here");
        awaitChange(first, checkpoint);
      }
    } finally {
      first.destroyForcibly().waitFor();
    }
    assertThat(Invocation.failure(train("--epochs", 1))).contains("go on with --resume");
  }

  private static void awaitChange(Process training, Path file) throws Exception {
    long before = file.toFile().lastModified();
    while (file.toFile().lastModified() == before) {
      assertThat(training.isAlive()).as("the training goes on").isTrue();
      Thread.sleep(5);
    }
  }

  @Test
  void aLossThatIsNoNumberStopsTheTraining() {
    assertThat(Invocation.failure(train("--epochs", 2, "--lr", 1e30)))
        .contains("loss is NaN in epoch 1 of 2, step", "learning rate");
  }

  @Test
  void weightsForTheSameClassesKeepTheirHead() {
    Invocation.success(train("--epochs", 1));
    Path weights = out.resolve("model.safetensors");
    out = folder.resolve("tuned");
    Invocation same = Invocation.success(train("--epochs", 1, "--weights", weights));
    assertThat(same.err()).doesNotContain("head");
  }

  @Test
  void weightsForOtherClassesAreSaidToLoseTheirHead() throws IOException {
    Invocation.success(train("--epochs", 1));
    Path two = Pictures.write(folder.resolve("two"), 2, 12, 16, 5);
    Path weights = out.resolve("model.safetensors");
    out = folder.resolve("tuned");
    Object[] arguments = train("resnet20-cifar", two, "--epochs", 1, "--weights", weights);
    assertThat(Invocation.success(arguments).err())
        .contains("linear.weight for 3 classes", "replaced by a new one for 2");
  }

  @Test
  void frozenNormalisationsKeepTheirStatistics() throws IOException {
    Invocation.success(train("--epochs", 1));
    Path weights = out.resolve("model.safetensors");
    out = folder.resolve("frozen");
    Invocation.success(train("--epochs", 1, "--weights", weights, "--freeze-norms"));
    Weights before = WeightFile.read(weights).weights();
    Weights after = WeightFile.read(out.resolve("model.safetensors")).weights();
    assertThat(after.get("bn1.running_mean").toFloats())
        .containsExactly(before.get("bn1.running_mean").toFloats());
    assertThat(after.get("bn1.weight").toFloats())
        .isNotEqualTo(before.get("bn1.weight").toFloats());
    assertThat(Invocation.wrongUse(train("--freeze-norms"))).contains("--weights");
  }

  @Test
  void normalisationsWithoutStatisticsAreMeasured() throws IOException {
    Invocation.success(train("--epochs", 1));
    Map<String, Tensor> tensors =
        new HashMap<>(WeightFile.read(out.resolve("model.safetensors")).weights().tensors());
    tensors.replaceAll(
        (name, tensor) -> {
          float[] numbers = tensor.toFloats();
          if (name.endsWith("running_mean") || name.endsWith("running_var")) {
            Arrays.fill(numbers, name.endsWith("mean") ? 0 : 1);
          }
          return Tensor.of(tensor.shape(), numbers);
        });
    Path weights = folder.resolve("bare.safetensors");
    WeightFile.write(weights, new Weights(tensors));
    out = folder.resolve("tuned");
    Object[] arguments = train("--epochs", 1, "--lr", 1e-4, "--weights", weights);
    assertThat(Invocation.success(arguments).err()).contains("no statistics");
    Weights after = WeightFile.read(out.resolve("model.safetensors")).weights();
    assertThat(after.get("bn1.running_var").toFloats()).doesNotContain(1f);
  }

  @Test
  void weightsOfAnotherModelAreNamed() {
    Invocation.success(train("--epochs", 1));
    Path weights = out.resolve("model.safetensors");
    out = folder.resolve("other");
    assertThat(Invocation.failure(train("resnet32-cifar", data, "--weights", weights)))
        .contains("no weights of resnet32-cifar", "layer1.3.conv1.weight");
  }

  @Test
  void aBatchLargerThanTheDataIsRefused() {
    assertThat(Invocation.failure(train("--batch", 1000)))
        .contains("a batch of 1000 images is more than the 36 images");
  }

  @Test
  void anAugmentationThatIsNotUnderstoodIsWrongUse() {
    assertThat(Invocation.wrongUse(train("--augment", "standard,shake")))
        .contains("--augment: augmentation 'standard,shake': 'shake' is not understood");
    assertThat(Invocation.wrongUse(train("--augment", "standard,copies=5")))
        .contains("--augment: a batch of 12 images does not hold 5 copies of each");
    assertThat(Invocation.wrongUse(train("--augment", "none,translate=16")))
        .contains("--augment: translate=16 of images with a side of 16");
  }

  @Test
  void threadsWithoutNumberAndImagesWithoutEndAreRefused() {
    Object[] threads = {"train", "--model", "resnet18", "--data", data, "--threads", 100_000};
    assertThat(Invocation.wrongUse(threads)).contains("--threads is 100000, expected 1 to 1024");
    Object[] side = {"train", "--model", "resnet18", "--data", data, "--image-size", 1_000_000};
    assertThat(Invocation.wrongUse(side)).contains("--image-size is 1000000, expected 1 to 2048");
  }

  @Test
  void aDamagedCheckpointDoesNotHideWhatToDo() throws IOException {
    Invocation.success(train("--epochs", 1));
    Path checkpoint = out.resolve("checkpoint.safetensors");
    Files.write(checkpoint, Arrays.copyOf(Files.readAllBytes(checkpoint), 3000));
    assertThat(Invocation.failure(train("--epochs", 1)))
        .contains("truncated", "delete it, or choose another --out");
  }

  @Test
  void aBatchTooLargeForTheMemoryIsRefused() {
    assertThat(
            Invocation.failure(
                "train",
                "--model",
                "resnet152",
                "--data",
                "shapes",
                "--batch",
                "9000",
                "--out",
                out))
        .contains("out of memory", "smaller batch needs less: ", " is the largest that fits");
  }

  @Test
  void missingAndEmptyDataAreNamed() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    assertThat(Invocation.failure(train("resnet20-cifar", nowhere)))
        .contains("nowhere does not exist");
    Path holes = Pictures.write(folder.resolve("holes"), 2, 3, 16, 1);
    Files.createDirectory(holes.resolve("empty"));
    assertThat(Invocation.failure(train("resnet20-cifar", holes)))
        .contains("class folder 'empty' holds no");
    Path one = Pictures.write(folder.resolve("one"), 1, 3, 16, 1);
    assertThat(Invocation.failure(train("resnet20-cifar", one))).contains("one class arrow");
  }
}
