package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.ResizeShort;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.Prediction;
import dev.residual.io.TestData;
import dev.residual.io.images.Normalization;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** Photos and published weights. */
class RealImagesTest {
  private static final int EVERY = 20;

  @Test
  void classesAndProbabilitiesAreThoseOfTheCommandLine() throws Exception {
    Path weights = TestData.path("imagenet/resnet18-ktb-small.safetensors");
    Path photos = TestData.path("imagenet/imagenette-val-400.zip");
    try (ZooModel<Image, Classifications> model = criteria(weights).loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor();
        Classifier classifier = Classifier.open(Backends.cpu(), "resnet18", weights);
        ZipFile zip = new ZipFile(photos.toFile())) {
      List<? extends ZipEntry> files =
          zip.stream().filter(entry -> entry.getName().endsWith(".JPEG")).toList();
      for (int i = 0; i < files.size(); i += EVERY) {
        byte[] file = zip.getInputStream(files.get(i)).readAllBytes();
        Image photo = ImageFactory.getInstance().fromInputStream(new ByteArrayInputStream(file));
        List<Classifications.Classification> found = predictor.predict(photo).topK(5);
        List<Prediction> expected = classifier.classify(file);
        for (int k = 0; k < 5; k++) {
          assertThat(found.get(k).getClassName()).isEqualTo(expected.get(k).label());
          assertThat(found.get(k).getProbability())
              .isEqualTo(expected.get(k).probability(), within(1e-4));
        }
      }
    }
  }

  private static Criteria<Image, Classifications> criteria(Path weights) {
    ImageClassificationTranslator translator =
        ImageClassificationTranslator.builder()
            .addTransform(new ResizeShort(256))
            .addTransform(new CenterCrop(224, 224))
            .addTransform(new ToTensor())
            .addTransform(
                new Normalize(Normalization.IMAGENET.mean(), Normalization.IMAGENET.std()))
            .optApplySoftmax(true)
            .build();
    return Criteria.builder()
        .setTypes(Image.class, Classifications.class)
        .optModelPath(weights)
        .optTranslator(translator)
        .optOption("model", "resnet18")
        .optEngine("Residual")
        .build();
  }
}
