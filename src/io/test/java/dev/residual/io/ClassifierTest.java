package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.inference.InferenceOptions;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Images;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.PillowImages;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierTest {
  private static final String NAME = "resnet20-cifar";
  private static final List<String> ANIMALS = List.of("ape", "bee", "cat");
  private static final ClassifierOptions ONE_THREAD = ClassifierOptions.DEFAULT.withThreads(1);

  @TempDir static Path folder;
  private static final Backend CPU = Backends.cpu();
  private static Path animals;
  private static Path unnamed;
  private static final List<Path> FILES = new ArrayList<>();
  private static final List<Pixels> PIXELS = new ArrayList<>();

  @BeforeAll
  static void write() throws IOException {
    animals = folder.resolve("animals.safetensors");
    Safetensors.write(animals, weights(3), new ModelCard(NAME, 24, ANIMALS).metadata());
    unnamed = folder.resolve("unnamed.safetensors");
    WeightFile.write(unnamed, weights(10));
    for (int i = 0; i < 7; i++) {
      PIXELS.add(Images.pattern(20 + 5 * i, 31));
      Path file = folder.resolve(i + ".png");
      FILES.add(Files.write(file, Images.encode(PIXELS.get(i), "png")));
    }
  }

  private static Weights weights(int classes) {
    ResNet network = ResNet.named(NAME).classes(classes);
    return network.initializer(1).weights(network.inference(1).graph());
  }

  private static Classifier animals(ClassifierOptions options) throws IOException {
    return Classifier.open(CPU, NAME, animals, options);
  }

  @Test
  void filesAndBytesAreTurnedIfAsked() throws IOException {
    byte[] turned = PillowImages.of("jpeg-exif-6").getFirst().file();
    Path file = Files.write(folder.resolve("turned.jpg"), turned);
    Pixels upright = ImageFile.decode("x", turned, Orientation.UPRIGHT);
    try (Classifier classifier = animals(ONE_THREAD.withOrientation(Orientation.UPRIGHT))) {
      List<Prediction> best = classifier.classify(upright);
      assertThat(classifier.classify(file)).isEqualTo(best);
      assertThat(classifier.classify(turned)).isEqualTo(best);
      assertThat(classifier.classify(ImageFile.read(file))).isNotEqualTo(best);
    }
  }

  @Test
  void filesBytesPixelsAndTensorsGiveTheSameClasses() throws IOException {
    try (Classifier classifier = animals(ONE_THREAD)) {
      List<Prediction> best = classifier.classify(FILES.get(3));
      assertThat(best).extracting(Prediction::label).containsExactlyInAnyOrderElementsOf(ANIMALS);
      assertThat(best).allMatch(p -> ANIMALS.get(p.number()).equals(p.label()));
      assertThat(best.get(0).probability()).isGreaterThan(best.get(1).probability());
      assertThat(best.stream().mapToDouble(Prediction::probability).sum())
          .isEqualTo(1, within(1e-9));
      assertThat(classifier.classify(Files.readAllBytes(FILES.get(3)))).isEqualTo(best);
      assertThat(classifier.classify(PIXELS.get(3))).isEqualTo(best);
      assertThat(classifier.classify(tensor(PIXELS.get(3), 24))).containsExactly(best);
      MemorySegment last = channelsLast(PIXELS.get(3), 24).data();
      assertThat(classifier.classify(last, Layout.CHANNELS_LAST)).containsExactly(best);
    }
  }

  /** As the network takes it: brought to its size, scaled, colours apart. */
  private static Tensor tensor(Pixels image, int side) {
    Tensor last = channelsLast(image, side);
    Tensor first = Tensor.zeros(DType.F32, Shape.of(1, 3, side, side));
    for (int i = 0; i < 3 * side * side; i++) {
      first.set(i % 3 * side * side + i / 3, last.get(i));
    }
    return first;
  }

  private static Tensor channelsLast(Pixels image, int side) {
    Pixels fitting = Transforms.evaluation(side).apply(image, new java.util.SplittableRandom(0));
    Tensor last = Tensor.zeros(DType.F32, Shape.of(1, side, side, 3));
    Normalization.IMAGENET.write(fitting, last.data(), 0);
    return last;
  }

  @Test
  void threadsAtOnceGetWhatOneGets() throws Exception {
    List<List<Prediction>> expected;
    try (Classifier classifier = animals(ONE_THREAD)) {
      expected = classifier.classifyFiles(FILES);
    }
    try (Classifier classifier = animals(ClassifierOptions.DEFAULT.withSessions(2).withThreads(1));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Prediction>>> found = new ArrayList<>();
      for (int i = 0; i < 10 * FILES.size(); i++) {
        Path file = FILES.get(i % FILES.size());
        found.add(threads.submit(() -> classifier.classify(file)));
      }
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i).get()).isEqualTo(expected.get(i % expected.size()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 1", "3, 2", "8, 2"})
  void batchesKeepTheOrder(int batch, int sessions) throws IOException {
    ClassifierOptions options = ONE_THREAD.withSessions(sessions).withThreads(1).withBest(1);
    try (Classifier one = animals(options);
        Classifier many = animals(options.withBatch(batch))) {
      List<List<Prediction>> expected = new ArrayList<>();
      PIXELS.forEach(image -> expected.add(one.classify(image)));
      assertThat(expected).allMatch(best -> best.size() == 1);
      for (List<List<Prediction>> all :
          List.of(many.classifyFiles(FILES), many.classifyImages(PIXELS))) {
        assertThat(all).hasSameSizeAs(expected);
        for (int i = 0; i < all.size(); i++) {
          assertThat(all.get(i).getFirst().label()).isEqualTo(expected.get(i).getFirst().label());
          assertThat(all.get(i).getFirst().probability())
              .isEqualTo(expected.get(i).getFirst().probability(), within(1e-4));
        }
      }
      assertThat(many.classifyImages(List.of())).isEmpty();
    }
  }

  @Test
  void labelsAreThoseOfTheWeightsOrGivenOrCifarsOrNumbers() throws IOException {
    try (Classifier classifier = animals(ONE_THREAD)) {
      assertThat(classifier.labels()).isEqualTo(ANIMALS);
      assertThat(classifier.notes()).isEmpty();
    }
    try (Classifier classifier = Classifier.open(CPU, NAME, unnamed, ONE_THREAD)) {
      assertThat(classifier.labels()).startsWith("airplane", "automobile");
      assertThat(classifier.notes())
          .containsExactly(unnamed + " names no classes; taken to be those of CIFAR-10");
    }
    Path two = folder.resolve("two.safetensors");
    WeightFile.write(two, weights(2));
    try (Classifier classifier = Classifier.open(CPU, NAME, two, ONE_THREAD)) {
      assertThat(classifier.labels()).containsExactly("class 0", "class 1");
    }
    try (Classifier classifier = animals(ONE_THREAD.withLabels(List.of("x", "y", "z")))) {
      assertThat(classifier.labels()).containsExactly("x", "y", "z");
    }
    Path file = Files.writeString(folder.resolve("labels.txt"), "bee 1\nape 0\n");
    try (Classifier classifier = animals(ONE_THREAD.withLabels(file))) {
      assertThat(classifier.labels()).containsExactly("ape", "bee", "class 2");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> animals(ONE_THREAD.withLabels(List.of("x"))))
        .withMessage("1 labels are given, but the network has 3 classes");
    Files.writeString(file, "one\n");
    assertThatIOException()
        .isThrownBy(() -> animals(ONE_THREAD.withLabels(file)))
        .withMessageContaining("labels.txt has 1 labels, but the network has 3 classes");
  }

  @Test
  void coloursAreScaledAsTheWeightsSay() throws IOException {
    Path other = folder.resolve("other.safetensors");
    Normalization half =
        Normalization.of(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.25f, 0.25f, 0.25f});
    ModelCard card = new ModelCard(NAME, 24, ANIMALS, half, "crop24");
    Safetensors.write(other, weights(3), card.metadata());
    assertThat(ModelCard.of(card.metadata())).isEqualTo(card);
    assertThat(ModelCard.of(Map.of("mean", "bright", "std", "1 1 1")).normalization())
        .isEqualTo(Normalization.IMAGENET);
    try (Classifier ours = Classifier.open(CPU, NAME, other, ONE_THREAD);
        Classifier usual = animals(ONE_THREAD)) {
      assertThat(ours.classify(PIXELS.get(0))).isNotEqualTo(usual.classify(PIXELS.get(0)));
    }
  }

  @Test
  void wrongWeightsAreNamed() throws IOException {
    assertThatIOException()
        .isThrownBy(() -> Classifier.open(CPU, "resnet32-cifar", animals))
        .withMessageStartingWith(
            animals + " holds no weights of resnet32-cifar, but of resnet20-cifar: ");
    Path spoilt = folder.resolve("spoilt.safetensors");
    Map<String, Tensor> tensors = new HashMap<>(weights(3).tensors());
    tensors.put("linear.bias", Tensor.of(Shape.of(3), 1f, Float.NaN, 0f));
    WeightFile.write(spoilt, new Weights(tensors));
    assertThatIOException()
        .isThrownBy(() -> Classifier.open(CPU, NAME, spoilt))
        .withMessage(
            spoilt + ": linear.bias holds numbers that are not finite, and so would all results");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Classifier.open(CPU, "resnet21-cifar", animals))
        .withMessageContaining("resnet21-cifar");
    Path huge = folder.resolve("huge.safetensors");
    tensors.put("linear.bias", Tensor.of(Shape.of(3), 1f, 0f, 0f));
    tensors.replaceAll((name, tensor) -> name.endsWith("conv1.weight") ? large(tensor) : tensor);
    WeightFile.write(huge, new Weights(tensors));
    try (Classifier classifier = Classifier.open(CPU, NAME, huge, ONE_THREAD)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> classifier.classify(PIXELS.get(0)))
          .withMessage(
              "the network computes no finite numbers: its weights or the image may be damaged");
    }
  }

  @Test
  void anotherNumberOfThreadsLeavesTheRestOfTheCompilation() {
    CompileOptions compilation = new CompileOptions(2).withMeasured(false);
    ClassifierOptions options =
        ClassifierOptions.DEFAULT.withInference(
            InferenceOptions.DEFAULT.withCompilation(compilation));
    assertThat(options.withThreads(1).inference().compilation())
        .isEqualTo(compilation.withThreads(1));
    assertThat(options.withSessions(2).inference().compilation().measured()).contains(false);
  }

  private static Tensor large(Tensor tensor) {
    Tensor large = Tensor.zeros(DType.F32, tensor.shape());
    for (int i = 0; i < tensor.shape().elements(); i++) {
      large.set(i, 1e38);
    }
    return large;
  }

  @Test
  void wrongImagesAreNamedAndDoNoHarm() throws IOException {
    Path text = Files.writeString(folder.resolve("text.jpg"), "no image");
    try (Classifier classifier = animals(ONE_THREAD)) {
      List<Prediction> best = classifier.classify(FILES.get(0));
      assertThatIOException()
          .isThrownBy(() -> classifier.classify(text))
          .withMessageContaining("text.jpg");
      assertThatIOException()
          .isThrownBy(() -> classifier.classify(folder.resolve("none.png")))
          .withMessageContaining("none.png");
      assertThatIOException().isThrownBy(() -> classifier.classify(new byte[] {1, 2, 3}));
      assertThatIOException()
          .isThrownBy(
              () -> classifier.classifyFiles(List.of(FILES.get(0), text, folder.resolve("no.png"))))
          .withMessageContaining("text.jpg");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> classifier.classify(Tensor.zeros(DType.F32, Shape.of(1, 3, 24, 25))))
          .withMessageContaining("1x3x24x25");
      assertThat(classifier.classify(FILES.get(0))).isEqualTo(best);
    }
    try (Classifier classifier = animals(ONE_THREAD.withTransform(Transforms.none()))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> classifier.classify(PIXELS.get(0)))
          .withMessage("the transform brings an image of 20x31 to 20x31, expected 24x24");
    }
  }

  @Test
  void closedIsClosed() throws IOException {
    Classifier classifier = animals(ONE_THREAD);
    classifier.close();
    classifier.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> classifier.classify(PIXELS.get(0)))
        .withMessage("the classifier is closed");
  }

  @Test
  void optionsAreChecked() {
    assertThatIllegalArgumentException().isThrownBy(() -> ONE_THREAD.withSessions(0));
    assertThatIllegalArgumentException().isThrownBy(() -> ONE_THREAD.withBest(0));
  }
}
