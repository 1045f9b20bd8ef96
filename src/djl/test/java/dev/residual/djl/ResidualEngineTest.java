package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.ZooModel;
import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.Prediction;
import dev.residual.io.images.Images;
import dev.residual.io.weights.TrainedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidualEngineTest {
  @TempDir Path folder;

  @Test
  void onnx() throws Exception {
    Path photo =
        Files.write(folder.resolve("photo.png"), Images.encode(Images.pattern(90, 131), "png"));
    Path file = Models.onnx(folder);
    try (ZooModel<Image, Classifications> model =
            Models.criteria(file).optEngine("Residual").build().loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor();
        Classifier classifier =
            new Classifier(
                Backends.cpu(), TrainedModel.readOnnx(file), ClassifierOptions.DEFAULT)) {
      Classifications found = predictor.predict(ImageFactory.getInstance().fromFile(photo));
      List<Prediction> expected = classifier.classify(photo);
      System.out.println(found + " " + expected);
      for (Prediction each : expected) {
        assertThat(found.getProbabilities().get(each.number()))
            .isEqualTo(each.probability(), within(1e-4));
      }
    }
  }
}
