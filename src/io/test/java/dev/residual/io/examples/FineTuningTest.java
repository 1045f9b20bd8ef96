package dev.residual.io.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.Classifier;
import dev.residual.io.Prediction;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuningTest {
  private static final ResNet NETWORK = ResNet.named("resnet20-cifar");

  /** Of one colour each, which a network of any weights learns at once. */
  private static final List<String> CLASSES = List.of("blue", "green", "red");

  @TempDir Path folder;

  @Test
  void theClassesOfAFolderAreLearnt() throws IOException {
    Path weights = folder.resolve("before.safetensors");
    WeightFile.write(weights, NETWORK.initializer(1).weights(NETWORK.inference(1).graph()));
    for (int i = 0; i < 100 * CLASSES.size(); i++) {
      write(i % CLASSES.size(), folder.resolve("data"), i);
    }
    write(1, folder.resolve("new"), 1000);
    String data = folder.resolve("data").toString();
    try (Classifier classifier =
        FineTuning.classifier(NETWORK, weights, data, folder.resolve("out"), 4)) {
      List<Prediction> predictions =
          classifier.classify(folder.resolve("new").resolve("green").resolve("1000.png"));
      assertThat(classifier.labels()).isEqualTo(CLASSES);
      assertThat(predictions.getFirst().label()).isEqualTo("green");
    }
  }

  private static void write(int color, Path set, int number) throws IOException {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    byte[] noise = new DrawnShapes(1, 32, number).image(0).rgb();
    for (int i = 0; i < noise.length; i += 3) {
      image.setRGB(i / 3 % 32, i / 96, 200 << (8 * color) | (noise[i] & 0x3F) * 0x10101);
    }
    Path file = set.resolve(CLASSES.get(color)).resolve(number + ".png");
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }
}
