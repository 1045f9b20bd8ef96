package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Part;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Images;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.TestViews;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Networks;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import dev.residual.train.Batches;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.RecipePreset;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTrainingTest {
  private static final ResNet NETWORK = ResNet.named("resnet20-cifar").input(8, 8);

  private static final Normalization HALVES =
      Normalization.of(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f});

  @TempDir Path folder;
  private Path data;
  private Path out;

  @BeforeEach
  void draw() throws IOException {
    data =
        Images.folder(
            folder.resolve("data"),
            "train/ape/1.png",
            "train/ape/2.png",
            "train/ape/3.png",
            "train/bee/1.png",
            "train/bee/2.png",
            "train/bee/3.png",
            "test/ape/1.png",
            "test/bee/1.png");
    out = folder.resolve("out");
  }

  private static ImageTraining training(int epochs) {
    Recipe recipe = new Recipe(epochs, 3, new Sgd(0.9, 1e-4), new Schedule.Constant(0.01), 0);
    return ImageTraining.of(NETWORK).recipe(recipe).compilation(new CompileOptions(1));
  }

  private List<Metrics> run(ImageTraining training) throws IOException {
    return training.run(Backends.cpu(), data.toString(), out);
  }

  @Test
  void aFolderOfImagesGivesWeightsThatTellWhatTheyAre() throws IOException {
    Augmentation augmentation = Augmentation.parse("none,flip=alternating,trivial,copies=3");
    ImageTraining training = training(2).augmentation(augmentation).testViews(TestViews.SHIFTS);
    List<Metrics> metrics = run(training.remark("by", "test"));
    assertThat(metrics).hasSize(2);
    assertThat(metrics.getLast().testTop5()).isEqualTo(1);
    WeightFile model = WeightFile.read(out.resolve("model.safetensors"));
    ModelCard card = ModelCard.of(model.metadata());
    assertThat(card).isEqualTo(new ModelCard("resnet20-cifar", 8, List.of("ape", "bee")));
    assertThat(model.metadata())
        .containsEntry("by", "test")
        .containsEntry("augmentation", "none,flip=alternating,trivial,copies=3")
        .containsEntry("test_views", "shifts")
        .containsEntry("begins_with", "chance")
        .containsEntry("precision", "f32")
        .containsEntry("backend", "cpu");
  }

  @Test
  void theSameTrainingGoesOnAndAnotherIsRefused() throws IOException {
    List<Metrics> metrics = run(training(1));
    assertThat(run(training(1))).as("it is complete").isEqualTo(metrics);
    assertThatIOException()
        .isThrownBy(() -> run(training(1).seed(7)))
        .withMessageContaining("seed is 0, now 7");
    Files.delete(out.resolve("checkpoint.safetensors"));
    assertThatIOException()
        .isThrownBy(() -> run(training(1)))
        .withMessageContaining("model.safetensors would be replaced: choose another folder");
  }

  @Test
  void otherImagesOfTheSameNumberAreRefused() throws IOException {
    run(training(1));
    Files.move(data.resolve("train/bee/3.png"), data.resolve("train/bee/4.png"));
    assertRefused(training(1), "image_names_crc32c is \\w+, now \\w+");
    Files.move(data.resolve("train/bee/4.png"), data.resolve("train/bee/3.png"));
    Files.copy(data.resolve("test/ape/1.png"), data.resolve("test/ape/2.png"));
    assertRefused(
        training(1), "test_images is 2, now 3; test_image_names_crc32c is \\w+, now \\w+");
    Files.delete(data.resolve("test/ape/1.png"));
    assertRefused(training(1), "test_image_names_crc32c is \\w+, now \\w+");
  }

  @Test
  void otherWeightsInAFileOfTheSameNameAreRefused() throws IOException {
    Path weights = folder.resolve("ten.safetensors");
    WeightFile.write(weights, NETWORK.firstWeights(3));
    run(training(1).weights(weights));
    WeightFile.write(weights, NETWORK.firstWeights(4));
    assertRefused(training(1).weights(weights), "begins_with_crc32c is \\w+, now \\w+");
    WeightFile.write(weights, NETWORK.firstWeights(3));
    assertThat(run(training(1).weights(weights))).as("the same again").hasSize(1);
  }

  private void assertRefused(ImageTraining training, String difference) {
    assertThatIOException()
        .isThrownBy(() -> run(training))
        .withMessageMatching(".*: is the checkpoint of another training: " + difference);
  }

  @Test
  void trainedWeightsGetAHeadForTheDataAndARecipeOfTheirOwn() throws IOException {
    Path weights = folder.resolve("ten.safetensors");
    WeightFile.write(weights, NETWORK.initializer(3).weights(NETWORK.inference(1).graph()));
    assertThat(run(training(1).weights(weights))).hasSize(1);
    assertThat(WeightFile.read(out.resolve("model.safetensors")).metadata())
        .containsEntry("begins_with", "ten.safetensors");
    ImageTraining fresh = ImageTraining.of("resnet18");
    assertThat(fresh.chosenRecipe())
        .isEqualTo(RecipePreset.MODERN.recipe(Networks.named("resnet18"), 10));
    assertThat(fresh.weights(weights).epochs(3).chosenRecipe())
        .isEqualTo(RecipePreset.FINE_TUNE.recipe(Networks.named("resnet18"), 3));
    assertThat(fresh.chosenRecipe().epochs()).as("the first is as it was").isEqualTo(10);
  }

  /** Weights that were trained on images from -1 to 1, resized in another way. */
  private Path weightsOfOtherImages() throws IOException {
    Map<String, String> metadata =
        new ModelCard("resnet20-cifar", 8, List.of(), HALVES, "resize8-crop8-bicubic").metadata();
    Path file = folder.resolve("halves.safetensors");
    new WeightFile(NETWORK.firstWeights(3), metadata, List.of()).write(file);
    return file;
  }

  @Test
  void imagesAreScaledAsThoseThatTheWeightsWereTrainedOn() throws IOException {
    Transform bicubic = Transforms.parse("resize8-crop8-bicubic");
    try (DataSet set = DataSets.open(data.toString(), Part.TRAIN, 8)) {
      LoaderOptions options = LoaderOptions.evaluation(6).withNormalization(HALVES);
      float[] expected = images(new Loader(set, bicubic, options));
      ImageTraining training =
          training(1).weights(weightsOfOtherImages()).augmentation(Augmentation.NONE).fitting(set);
      Loader measured = training.loaders().evaluation(set, 6);
      assertThat(images(measured)).isEqualTo(expected);
      assertThat(images(measured.views(training.views()))).isEqualTo(expected);
      float[] shuffled = images(training.loaders().training(set, 6, 8));
      Arrays.sort(shuffled);
      Arrays.sort(expected);
      assertThat(shuffled).isEqualTo(expected);
    }
  }

  private static float[] images(Loader loader) {
    try (Batches batches = loader.epoch(0, 0)) {
      return batches.next().images().toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void theScalingOfTheFirstWeightsIsSaved() throws IOException {
    run(training(1).weights(weightsOfOtherImages()));
    TrainedModel trained = TrainedModel.read(NETWORK, out.resolve("model.safetensors"));
    assertThat(trained.card().normalization()).isEqualTo(HALVES);
    assertThat(trained.transform()).isEqualTo(Transforms.parse("resize8-crop8-bicubic"));
    assertThat(trained.input(96, 96).transform())
        .isEqualTo(Transforms.parse("resize110-crop96-bicubic"));
  }

  @Test
  void aStepHasNoMoreImagesThanThereAre() throws IOException {
    ImageTraining fresh = ImageTraining.of(NETWORK).compilation(new CompileOptions(1)).epochs(1);
    assertThat(fresh.chosenRecipe().batch()).isEqualTo(128);
    assertThat(fresh.chosenRecipe(42).batch()).isEqualTo(32);
    assertThat(fresh.chosenRecipe(42).schedule().learningRate(0, 0, 1)).isEqualTo(0.1 * 32 / 128);
    assertThat(fresh.batch(8).chosenRecipe(42).batch()).isEqualTo(8);
    assertThat(run(fresh)).as("of six images").hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(fresh.batch(7)))
        .withMessage("batch is 7, but there are 6 images for training: it must be at most that");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> fresh.batch(0))
        .withMessage("batch is 0, it must be at least 1");
  }

  @Test
  void aRecipeIsNotThrownAway() {
    assertThatIllegalStateException()
        .isThrownBy(() -> training(2).epochs(5))
        .withMessage("epochs is 5, but a recipe is given, which has 2 epochs of batches of 3");
    assertThatIllegalStateException()
        .isThrownBy(() -> training(2).batch(5))
        .withMessageStartingWith("batch is 5, but a recipe is given");
    Recipe recipe = training(2).chosenRecipe();
    assertThatIllegalStateException()
        .isThrownBy(() -> ImageTraining.of(NETWORK).epochs(5).recipe(recipe))
        .withMessage("a recipe of 2 epochs of batches of 3 is given, but epochs is 5 already");
  }

  @Test
  void anImageThatCannotBeReadIsNamed() throws IOException {
    Path spoilt = Files.writeString(data.resolve("train/bee/3.png"), "no image");
    assertThatIOException()
        .isThrownBy(() -> run(training(1)))
        .withMessageStartingWith(spoilt + ": ");
  }

  @Test
  void aListenerStopsATrainingThatTheSameCallGoesOnWith() throws IOException {
    List<String> notes = new ArrayList<>();
    ImageTraining training = training(2).notes(notes::add);
    TrainingListener stopping =
        new TrainingListener() {
          @Override
          public void step(Training running) {
            running.stop();
          }
        };
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> training.run(Backends.cpu(), data, out, stopping));
    assertThat(notes).isEmpty();
    assertThat(training.run(Backends.cpu(), data, out)).hasSize(2);
    assertThat(notes).containsExactly("resuming at epoch 1 of 2, step 2 of 2");
  }

  /** The scale of the loss is in the checkpoint, too. */
  @Test
  void aTrainingInF16GoesOnAsIfItHadNotStopped() throws IOException {
    ImageTraining training = training(2).precision(DType.F16);
    TrainingListener stopping =
        new TrainingListener() {
          @Override
          public void step(Training running) {
            running.stop();
          }
        };
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> training.run(Backends.reference(), data, out, stopping));
    Tensor scale =
        Checkpoint.read(out.resolve("checkpoint.safetensors")).states().get("loss_scale");
    assertThat(scale.get(0)).isIn(65536.0, 32768.0);
    training.run(Backends.reference(), data, out);
    Path whole = folder.resolve("whole");
    training.run(Backends.reference(), data, whole);
    TrainingState expected = Checkpoint.read(whole.resolve("checkpoint.safetensors"));
    TrainingState found = Checkpoint.read(out.resolve("checkpoint.safetensors"));
    requireSameBits(expected.weights(), found.weights());
    requireSameBits(expected.states(), found.states());
    assertThatExceptionOfType(UnsupportedOpException.class)
        .isThrownBy(() -> training.run(Backends.cpu(), data, folder.resolve("cpu")))
        .withMessageContaining("f16 needs a GPU");
  }

  private static void requireSameBits(Weights expected, Weights found) {
    expected
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(found.get(name).data().mismatch(tensor.data())).as(name).isEqualTo(-1));
  }

  @Test
  void whatCannotBeTrainedIsRefused() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(training(1).frozenNorms(true)))
        .withMessageContaining("no statistics");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageTraining.of(NETWORK.input(8, 9)))
        .withMessageContaining("8x9");
    assertThatIllegalArgumentException().isThrownBy(() -> training(1).epochs(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> training(1).precision(DType.F64))
        .withMessage("precision is F64, expected F32, BF16 or F16");
    assertThatIOException()
        .isThrownBy(() -> training(1).run(Backends.cpu(), data, Path.of("/proc/none")))
        .withMessage("/proc/none: the folder cannot be made");
    assertThatIOException()
        .isThrownBy(() -> training(1).run(Backends.cpu(), Path.of("shapes"), out))
        .withMessageContaining("shapes does not exist");
    Path one = Images.folder(folder.resolve("one"), "train/ape/1.png", "test/ape/1.png");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> training(1).run(Backends.cpu(), one.toString(), out))
        .withMessageContaining("the one class ape");
    assertThatIOException()
        .isThrownBy(() -> training(1).run(Backends.cpu(), folder.resolve("no").toString(), out))
        .withMessageContaining("does not exist");
  }
}
