package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.translator.ImageClassificationTranslatorFactory;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.Prediction;
import dev.residual.io.onnx.OnnxFiles;
import dev.residual.io.onnx.OnnxModel;
import dev.residual.io.weights.TrainedModel;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidualEngineTest {
  @TempDir static Path folder;
  private static Path safetensors;
  private static Path checkpoint;
  private static Path onnx;
  private static final List<Path> PHOTOS = new ArrayList<>();
  private static final List<List<Prediction>> EXPECTED = new ArrayList<>();

  @BeforeAll
  static void write() throws IOException {
    safetensors = Models.safetensors(folder);
    checkpoint = Models.checkpoint(folder);
    onnx = Models.onnx(folder);
    // Where half a pixel is to be cut off, the Deep Java Library rounds otherwise than torchvision.
    PHOTOS.add(Models.photo(folder, 64, 64));
    PHOTOS.add(Models.photo(folder, 100, 150));
    PHOTOS.add(Models.photo(folder, 90, 180));
    PHOTOS.add(Models.photo(folder, 160, 120));
    PHOTOS.add(Models.photo(folder, 200, 200));
    try (Classifier classifier =
        new Classifier(Backends.cpu(), TrainedModel.read(safetensors), ClassifierOptions.DEFAULT)) {
      EXPECTED.addAll(classifier.classifyFiles(PHOTOS));
    }
    assertThat(EXPECTED).allMatch(best -> best.getFirst().probability() < 0.9);
    assertThat(EXPECTED.stream().map(List::getFirst).distinct()).hasSizeGreaterThan(1);
  }

  private static void assertClassifies(Criteria<Image, Classifications> criteria) throws Exception {
    try (ZooModel<Image, Classifications> model = criteria.loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor()) {
      for (int i = 0; i < PHOTOS.size(); i++) {
        assertAgrees(predictor.predict(Models.image(PHOTOS.get(i))), EXPECTED.get(i));
      }
    }
  }

  private static void assertAgrees(Classifications found, List<Prediction> expected) {
    assertThat(found.getProbabilities()).hasSize(Models.ANIMALS.size());
    for (Prediction each : expected) {
      assertThat(found.getProbabilities().get(each.number()))
          .isEqualTo(each.probability(), within(1e-4));
    }
    assertThat(found.best().getClassName()).isEqualTo(expected.getFirst().label());
  }

  @Test
  void theServiceLoaderFindsIt() {
    assertThat(Engine.getInstance().getEngineName()).isEqualTo("Residual");
    assertThat(Engine.getInstance().defaultDevice().isGpu()).isFalse();
  }

  @Test
  void filesOfAllFormatsClassifyAsTheClassifierDoes() throws Exception {
    assertClassifies(Models.criteria(onnx).build());
    assertClassifies(Models.criteria(safetensors).build());
    assertClassifies(
        Models.criteria(checkpoint)
            .optOption("model", "resnet20-cifar")
            .optOption("side", String.valueOf(Models.SIDE))
            .build());
  }

  @Test
  void aFolderHoldsTheModelOfItsName() throws Exception {
    assertClassifies(Models.criteria(folder).optModelName("animals").build());
    Path one = Files.createDirectory(folder.resolve("one"));
    Files.copy(onnx, one.resolve("other.onnx"));
    assertClassifies(Models.criteria(one).build());
    assertThatIOException()
        .isThrownBy(() -> Models.criteria(folder).optModelName("cars").build().loadModel())
        .withMessageContaining(folder + " holds 3 files of .onnx, .safetensors")
        .withMessageContaining("none is called cars");
  }

  /** Options as text: how the Deep Java Library itself makes a translator. */
  @Test
  void classesHaveTheNamesOfTheFile() throws Exception {
    Criteria<Image, Classifications> criteria =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelPath(safetensors)
            .optTranslatorFactory(new ImageClassificationTranslatorFactory())
            .optArgument("width", Models.SIDE)
            .optArgument("height", Models.SIDE)
            .optArgument("resizeShort", String.valueOf((Models.SIDE * 8 + 6) / 7))
            .optArgument("centerCrop", "true")
            .optArgument("normalize", "true")
            .optArgument("applySoftmax", "true")
            .optEngine("Residual")
            .build();
    assertClassifies(criteria);
  }

  @Test
  void batchesAndThreadsGiveWhatSingleImagesGive() throws Exception {
    Criteria<Image, Classifications> criteria =
        Models.criteria(safetensors)
            .optOption("batch", "2")
            .optOption("sessions", "2")
            .optOption("threads", "1")
            .build();
    try (ZooModel<Image, Classifications> model = criteria.loadModel();
        Predictor<Image, Classifications> shared = model.newPredictor();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<List<Classifications>>> found = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        boolean own = i % 2 == 0;
        found.add(
            threads.submit(
                () -> {
                  List<Image> images = new ArrayList<>();
                  for (Path photo : PHOTOS) {
                    images.add(Models.image(photo));
                  }
                  if (!own) {
                    return shared.batchPredict(images);
                  }
                  try (Predictor<Image, Classifications> predictor = model.newPredictor()) {
                    return predictor.batchPredict(images);
                  }
                }));
      }
      for (Future<List<Classifications>> all : found) {
        for (int i = 0; i < PHOTOS.size(); i++) {
          assertAgrees(all.get().get(i), EXPECTED.get(i));
        }
      }
    }
  }

  /** What other engines compute of an ONNX file, this one does: with its softmax. */
  @Test
  void outputsOfAnOnnxFileAreThoseOfTheFile() throws Exception {
    Path file = OnnxFiles.network().write(Files.createDirectory(folder.resolve("softmax")));
    Tensor images = OnnxFiles.counting(3, 3, 9, 9);
    float[] expected = OnnxFiles.run(OnnxModel.read(file), images).toFloats();
    try (ZooModel<NDList, NDList> model =
            Models.arrays(file).optOption("side", "9").build().loadModel();
        Predictor<NDList, NDList> predictor = model.newPredictor()) {
      NDArray array = model.getNDManager().create(images.toFloats(), new Shape(3, 3, 9, 9));
      NDArray found = predictor.predict(new NDList(array)).singletonOrThrow();
      assertThat(found.getShape()).isEqualTo(new Shape(3, 3));
      assertThat(found.getName()).isEqualTo("probabilities");
      assertThat(found.toFloatArray()).containsExactly(expected, within(1e-5f));
      assertThat(model.describeInput().get("images")).isEqualTo(new Shape(1, 3, 9, 9));
      assertThat(model.describeOutput().get("probabilities")).isEqualTo(new Shape(1, 3));

      NDArray small = model.getNDManager().create(new Shape(1, 3, 8, 8));
      assertThatThrownBy(() -> predictor.predict(new NDList(small)))
          .isInstanceOf(TranslateException.class)
          .hasRootCauseMessage("the input 'images' is given as F32 1x3x8x8, expected F32 1x3x9x9");
      NDArray integers = model.getNDManager().zeros(new Shape(1, 3, 9, 9), DataType.INT32);
      assertThatThrownBy(() -> predictor.predict(new NDList(integers)))
          .hasRootCauseMessage("the input 'images' is given as I32 1x3x9x9, expected F32 1x3x9x9");
    }
  }

  @Test
  void wrongOptionsAndFilesAreRefusedByName() {
    assertThatIOException()
        .isThrownBy(() -> Models.criteria(checkpoint).build().loadModel())
        .withMessageContaining("animals.pth")
        .withMessageContaining("does not say which network its weights are of");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Models.criteria(checkpoint).optOption("model", "resnet").build().loadModel())
        .withMessageContaining("unknown model \"resnet\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Models.criteria(onnx).optOption("threads", "all").build().loadModel())
        .withMessage("the option threads is 'all', expected a whole number from 1 on");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Models.criteria(onnx).optOption("precision", "int4").build().loadModel())
        .withMessage("the option precision is 'int4', expected f32, bf16 or f16");
  }

  @Test
  void onlyInference() throws Exception {
    try (ZooModel<Image, Classifications> model = Models.criteria(onnx).build().loadModel()) {
      assertThatThrownBy(
              () -> model.newTrainer(new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("infers only");
      assertThatThrownBy(() -> model.save(folder, "copy"))
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void aClosedModelRefusesImages() throws Exception {
    ZooModel<Image, Classifications> model = Models.criteria(onnx).build().loadModel();
    Predictor<Image, Classifications> predictor = model.newPredictor();
    Image image = Models.image(PHOTOS.getFirst());
    predictor.predict(image);
    NDArray array = model.getNDManager().create(1f);
    model.close();
    model.close();
    assertThatThrownBy(() -> predictor.predict(image))
        .isInstanceOf(TranslateException.class)
        .hasMessageContaining("closed");
    try (NDManager other = NDManager.newBaseManager()) {
      NDList images = new NDList(other.create(new Shape(1, 3, Models.SIDE, Models.SIDE)));
      assertThatIllegalStateException()
          .isThrownBy(() -> model.getBlock().forward(null, images, false))
          .withMessage("the model is closed");
    }
    assertThat(array.isReleased()).isTrue();
    assertThatIllegalStateException().isThrownBy(array::toFloatArray);
    assertThatIllegalStateException().isThrownBy(() -> array.add(1));
  }
}
