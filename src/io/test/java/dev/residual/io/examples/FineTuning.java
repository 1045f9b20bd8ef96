package dev.residual.io.examples;

import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.training.ImageTraining;
import dev.residual.nn.ResNet;
import dev.residual.train.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A network that was trained on other images learns the classes of a folder.
 *
 * <p>The layers before the last keep what they know, and the last one is new. If the program is
 * killed, the same call goes on where it was.
 */
final class FineTuning {
  private FineTuning() {}

  /**
   * Trains, and opens the result.
   *
   * @param weights of the network, for any classes
   * @param data a folder of images for each class, as {@link ImageTraining#run} takes it
   * @param out where the result, the state and the curve are written
   */
  static Classifier classifier(ResNet network, Path weights, String data, Path out, int epochs)
      throws IOException {
    List<Metrics> epoch =
        ImageTraining.of(network).weights(weights).epochs(epochs).run(Backends.cpu(), data, out);
    System.Logger log = System.getLogger(FineTuning.class.getName());
    log.log(System.Logger.Level.INFO, "after the last epoch: {0}", epoch.getLast());
    return Classifier.open(Backends.cpu(), network.name(), out.resolve("model.safetensors"));
  }
}
