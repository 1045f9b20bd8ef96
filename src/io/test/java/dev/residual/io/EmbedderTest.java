package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.backend.onednn.ProbeJvm;
import dev.residual.engine.Backend;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Images;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.PillowImages;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transforms;
import dev.residual.io.onnx.OnnxWriter;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbedderTest {
  private static final Backend CPU = Backends.cpu();
  private static final EmbedderOptions ONE_THREAD = EmbedderOptions.DEFAULT.withThreads(1);
  private static final EmbedderOptions AS_COMPUTED = ONE_THREAD.withNormalized(false);
  private static final Weights WEIGHTS = TinyModels.weights();
  private static final List<Pixels> PIXELS = TinyModels.images(5);

  @TempDir Path folder;

  private static Embedder tiny(EmbedderOptions options) {
    return new Embedder(CPU, TinyModels.of(WEIGHTS), options);
  }

  private Path file(int image) throws IOException {
    Path file = folder.resolve(image + ".png");
    return Files.write(file, Images.encode(PIXELS.get(image), "png"));
  }

  @Test
  void filesBytesPixelsAndTensorsGiveTheSameRow() throws IOException {
    try (Embedder embedder = tiny(ONE_THREAD)) {
      float[] row = embedder.embed(file(3));
      assertThat(row).hasSize(8).hasSize(embedder.dimension());
      assertThat(embedder.embed(Files.readAllBytes(file(3)))).isEqualTo(row);
      assertThat(embedder.embed(PIXELS.get(3))).isEqualTo(row);
      assertThat(embedder.embed(tensor(PIXELS.get(3)))).containsExactly(row);
      MemorySegment last = channelsLast(PIXELS.get(3)).data();
      assertThat(embedder.embed(last, Layout.CHANNELS_LAST)).containsExactly(row);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment confined = arena.allocate(last.byteSize()).copyFrom(last);
        assertThat(embedder.embed(confined, Layout.CHANNELS_LAST)).containsExactly(row);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> embedder.embed(last.asSlice(4), Layout.CHANNELS_LAST))
          .withMessageContaining("764 bytes are no whole images, each of which has 768");
      assertThat(embedder.embed(PIXELS.get(2))).isNotEqualTo(row);
    }
  }

  @Test
  void filesAndBytesAreTurnedIfAsked() throws IOException {
    byte[] turned = PillowImages.of("jpeg-exif-6").getFirst().file();
    Path file = Files.write(folder.resolve("turned.jpg"), turned);
    Pixels upright = ImageFile.decode("x", turned, Orientation.UPRIGHT);
    try (Embedder embedder = tiny(ONE_THREAD.withOrientation(Orientation.UPRIGHT))) {
      float[] row = embedder.embed(upright);
      assertThat(embedder.embed(file)).isEqualTo(row);
      assertThat(embedder.embed(turned)).isEqualTo(row);
      assertThat(embedder.embedFiles(List.of(file)).getFirst()).isEqualTo(row);
      assertThat(embedder.embed(ImageFile.read(file))).isNotEqualTo(row);
    }
    try (Embedder embedder = tiny(ONE_THREAD)) {
      assertThat(embedder.embed(file)).isEqualTo(embedder.embed(ImageFile.read(file)));
    }
  }

  /** As the network takes it: brought to its size, scaled, colours apart. */
  private static Tensor tensor(Pixels image) {
    Tensor last = channelsLast(image);
    Tensor first = Tensor.zeros(DType.F32, Shape.of(1, 3, 8, 8));
    for (int i = 0; i < 3 * 64; i++) {
      first.set(i % 3 * 64 + i / 3, last.get(i));
    }
    return first;
  }

  private static Tensor channelsLast(Pixels image) {
    Pixels fitting = Transforms.evaluation(8).apply(image, new SplittableRandom(0));
    Tensor last = Tensor.zeros(DType.F32, Shape.of(1, 8, 8, 3));
    Normalization.IMAGENET.write(fitting, last.data(), 0);
    return last;
  }

  /** The classifier's last layer, computed from rows by hand, gives the classifier's answers. */
  @Test
  void rowsAreWhatTheClassifierReads() throws IOException {
    Tensor weights = WEIGHTS.get("linear.weight");
    Tensor bias = WEIGHTS.get("linear.bias");
    ClassifierOptions options = ClassifierOptions.DEFAULT.withThreads(1);
    try (Embedder embedder = tiny(AS_COMPUTED);
        Classifier classifier = new Classifier(CPU, TinyModels.of(WEIGHTS), options)) {
      for (Pixels image : PIXELS) {
        float[] row = embedder.embed(image);
        double[] exponentials = new double[TinyNetwork.CLASSES];
        double sum = 0;
        for (int c = 0; c < exponentials.length; c++) {
          double logit = bias.get(c);
          for (int i = 0; i < row.length; i++) {
            logit += weights.get((long) c * row.length + i) * row[i];
          }
          exponentials[c] = Math.exp(logit);
          sum += exponentials[c];
        }
        for (Prediction prediction : classifier.classify(image)) {
          assertThat(exponentials[prediction.number()] / sum)
              .isCloseTo(prediction.probability(), within(1e-5));
        }
      }
    }
  }

  @Test
  void rowsHaveTheLengthOneUnlessAsComputed() {
    try (Embedder normalized = tiny(ONE_THREAD);
        Embedder computed = tiny(AS_COMPUTED)) {
      float[] row = computed.embed(PIXELS.get(0));
      double length = length(row);
      assertThat(length).isNotCloseTo(1, within(0.01));
      float[] scaled = normalized.embed(PIXELS.get(0));
      assertThat(length(scaled)).isCloseTo(1, within(1e-6));
      for (int i = 0; i < row.length; i++) {
        assertThat(scaled[i]).isCloseTo((float) (row[i] / length), within(1e-6f));
      }
    }
  }

  private static double length(float[] row) {
    return Math.sqrt(dot(row, row));
  }

  private static double dot(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }

  @Test
  void aRowOfZerosStays() {
    Weights none = TinyModels.with(WEIGHTS, "bn1.weight", Tensor.zeros(DType.F32, Shape.of(4)));
    none = TinyModels.with(none, "bn1.bias", Tensor.zeros(DType.F32, Shape.of(4)));
    try (Embedder embedder = new Embedder(CPU, TinyModels.of(none), ONE_THREAD.withValue("relu"))) {
      assertThat(embedder.embed(PIXELS.get(0))).containsOnly(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "2, 2", "8, 2"})
  void batchesKeepTheOrder(int batch, int sessions) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < PIXELS.size(); i++) {
      files.add(file(i));
    }
    EmbedderOptions many = ONE_THREAD.withSessions(sessions).withThreads(1).withBatch(batch);
    try (Embedder one = tiny(ONE_THREAD);
        Embedder embedder = tiny(many)) {
      List<float[]> rows = embedder.embedFiles(files);
      assertThat(rows).hasSameSizeAs(files);
      for (int i = 0; i < rows.size(); i++) {
        assertThat(dot(rows.get(i), one.embed(PIXELS.get(i)))).isCloseTo(1, within(1e-5));
        assertThat(embedder.embedImages(PIXELS).get(i)).isEqualTo(rows.get(i));
      }
      assertThat(embedder.embedImages(List.of())).isEmpty();
    }
  }

  /** Core compares all values with those of the graph. */
  @ParameterizedTest
  @CsvSource({"conv1, 256", "layer1.0.relu1, 256", "layer2.0.add, 128", "logits, 3"})
  void anyValueHasRows(String value, int dimension) {
    try (Embedder embedder = tiny(AS_COMPUTED.withValue(value))) {
      assertThat(embedder.dimension()).isEqualTo(dimension);
      assertThat(embedder.embed(PIXELS.get(0))).hasSize(dimension);
    }
  }

  @Test
  void namesOfNoValuesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tiny(ONE_THREAD.withValue("layer1.relu")))
        .withMessageStartingWith("tiny computes no rows \"layer1.relu\": did you mean layer1.");
  }

  @Test
  void networksOfOnnxFilesEmbed() throws IOException {
    Path file = folder.resolve("tiny.onnx");
    OnnxWriter.write(file, TinyNetwork.deep().inference(1), WEIGHTS);
    try (Embedder ours = tiny(ONE_THREAD);
        Embedder read = new Embedder(CPU, TrainedModel.readOnnx(file), ONE_THREAD)) {
      float[] row = read.embed(PIXELS.get(0));
      assertThat(dot(row, ours.embed(PIXELS.get(0)))).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void integersEmbedNearly() {
    assumeThat(CpuRuntime.load().int8()).isTrue();
    Weights integers =
        QuantizedWeights.unmeasured(TinyNetwork.deep().inference(1).graph(), WEIGHTS).toFile();
    try (Embedder floats = tiny(ONE_THREAD);
        Embedder embedder = new Embedder(CPU, TinyModels.of(integers), ONE_THREAD)) {
      float[] row = embedder.embed(PIXELS.get(0));
      assertThat(dot(row, floats.embed(PIXELS.get(0)))).isBetween(0.98, 0.9999999);
      assertThat(embedder.hash()).isNotEqualTo(floats.hash());
    }
  }

  @Test
  void aFileOfAnotherTrainingReplacesTheWeights() throws IOException {
    Path first = folder.resolve("first.safetensors");
    Path second = folder.resolve("second.safetensors");
    ResNet network = ResNet.named("resnet20-cifar");
    WeightFile.write(first, network.initializer(1).weights(network.inference(1).graph()));
    ResNet other = network.classes(7);
    WeightFile.write(second, other.initializer(2).weights(other.inference(1).graph()));
    try (Embedder embedder = Embedder.open(CPU, "resnet20-cifar", first, ONE_THREAD);
        Embedder fresh = Embedder.open(CPU, "resnet20-cifar", second, ONE_THREAD)) {
      assertThat(embedder.embed(PIXELS.get(0))).isNotEqualTo(fresh.embed(PIXELS.get(0)));
      embedder.replace(second);
      assertThat(embedder.embed(PIXELS.get(0))).isEqualTo(fresh.embed(PIXELS.get(0)));
      assertThat(embedder.hash()).isEqualTo(fresh.hash());
      assertThat(embedder.model().file()).isEqualTo(second);
    }
  }

  @Test
  void whatDoesNotFitReplacesNothing() throws IOException {
    Path wrong = folder.resolve("wrong.safetensors");
    ResNet network = ResNet.named("resnet20-cifar");
    Weights others = network.initializer(1).weights(network.inference(1).graph());
    WeightFile.write(wrong, others);
    TrainedModel wide = TrainedModel.read(network, wrong);
    try (Embedder embedder = tiny(ONE_THREAD)) {
      float[] row = embedder.embed(PIXELS.get(0));
      String hash = embedder.hash();
      assertThatIOException()
          .isThrownBy(() -> embedder.replace(wrong))
          .withMessageStartingWith(wrong + " holds no weights of tiny");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> embedder.replace(wide))
          .withMessage("rows of %s have 64 numbers, those before had 8".formatted(wrong));
      assertThat(embedder.embed(PIXELS.get(0))).isEqualTo(row);
      assertThat(embedder.hash()).isEqualTo(hash);
    }
  }

  @Test
  void wrongImagesAreNamedAndDoNoHarm() throws IOException {
    Path text = Files.writeString(folder.resolve("text.jpg"), "no image");
    try (Embedder embedder = tiny(ONE_THREAD)) {
      float[] row = embedder.embed(file(0));
      assertThatIOException()
          .isThrownBy(() -> embedder.embedFiles(List.of(file(0), text, file(1))))
          .withMessageContaining("text.jpg");
      assertThatIOException().isThrownBy(() -> embedder.embed(new byte[] {1, 2, 3}));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> embedder.embed(Tensor.zeros(DType.F32, Shape.of(1, 3, 8, 9))))
          .withMessageContaining("1x3x8x9");
      assertThat(embedder.embed(file(0))).isEqualTo(row);
    }
  }

  @Test
  void numbersThatAreNotFiniteAreRefused() {
    Tensor huge = Tensor.zeros(DType.F32, WEIGHTS.get("conv1.weight").shape());
    for (int i = 0; i < huge.shape().elements(); i++) {
      huge.set(i, 1e38);
    }
    TrainedModel model = TinyModels.of(TinyModels.with(WEIGHTS, "conv1.weight", huge));
    try (Embedder embedder = new Embedder(CPU, model, ONE_THREAD.withValue("conv1"))) {
      assertThatIllegalStateException()
          .isThrownBy(() -> embedder.embed(PIXELS.get(0)))
          .withMessageContaining("the network computes no finite numbers");
    }
  }

  @Test
  void closedIsClosed() {
    Embedder embedder = tiny(ONE_THREAD);
    embedder.close();
    embedder.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> embedder.embed(PIXELS.get(0)))
        .withMessage("the embedder is closed");
    assertThatIllegalStateException()
        .isThrownBy(() -> embedder.replace(TinyModels.of(WEIGHTS)))
        .withMessage("the embedder is closed");
    assertThatIllegalArgumentException().isThrownBy(() -> ONE_THREAD.withSessions(0));
  }

  @ParameterizedTest
  @CsvSource({"CALLS, 2000", "REPLACEMENTS, 200"})
  void residentMemoryStaysFlat(EmbedderProbe.Work work, int times) throws Exception {
    ProbeJvm.requireFlat(EmbedderProbe.class, work.name(), String.valueOf(times));
  }
}
