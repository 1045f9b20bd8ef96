package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.passes.Fusion;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Pixels;
import dev.residual.nn.Model;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/** A network that names what one image shows. Serves one thread at a time. */
final class Classifier implements AutoCloseable {
  private final Model model;
  private final Session session;
  private final MemorySegment images;

  /**
   * One of the classes of an image.
   *
   * @param number of the class
   * @param probability by softmax
   */
  record Guess(int number, double probability) {}

  /** Compiles a network for images of this size, one at a time. */
  Classifier(
      ExecutionOptions engine, Backend backend, TrainedModel trained, int height, int width) {
    TrainedModel.Folded folded = trained.folded(1, height, width);
    model = folded.model().withPrecision(engine.dtype());
    session = backend.compile(Fusion.fuse(model.graph(), backend::supports), engine.options());
    images = MemorySegment.ofArray(new float[3 * height * width]);
    folded.weights().writeTo(session);
  }

  /** Whether images of this size can be classified. */
  boolean takes(Pixels image) {
    return image.height() == model.images().shape().dim(2)
        && image.width() == model.images().shape().dim(3);
  }

  /** The most probable classes, best first. */
  List<Guess> best(Pixels image, int count) {
    Normalization.IMAGENET.write(image, images, 0);
    session.write(model.images(), images, Layout.CHANNELS_LAST);
    session.run();
    double[] probabilities = softmax(session.read(model.logits()).toDoubles());
    return IntStream.range(0, probabilities.length)
        .mapToObj(i -> new Guess(i, probabilities[i]))
        .sorted((a, b) -> Double.compare(b.probability(), a.probability()))
        .limit(count)
        .toList();
  }

  static double[] softmax(double[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      if (!Double.isFinite(logit)) {
        throw new Failure("the network computes no finite numbers: its weights may be damaged");
      }
      max = Math.max(max, logit);
    }
    double[] result = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      result[i] = Math.exp(logits[i] - max);
      sum += result[i];
    }
    for (int i = 0; i < logits.length; i++) {
      result[i] /= sum;
    }
    return result;
  }

  @Override
  public void close() {
    session.close();
  }
}
