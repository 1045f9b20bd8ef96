package dev.residual.inspect;

import dev.residual.calibration.Observation;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.train.BatchSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * How strongly a layer responds to images.
 *
 * @param layer the name of the value that the layer computes
 * @param deviation the standard deviation of its numbers, over all images, channels and places
 */
public record LayerResponse(String layer, double deviation) {

  /**
   * The responses of the 3x3 convolutions of a model, in their order, as Figure 7 of "Deep Residual
   * Learning for Image Recognition" shows them.
   *
   * @param model in inference mode, for batches of the source's size
   * @param source of images of the model's size, of which all of the first epoch are taken
   * @param progress told the number of images done
   * @throws IllegalArgumentException if the model has no 3x3 convolution, or the weights are those
   *     of another model
   */
  public static List<LayerResponse> of(
      Backend backend,
      Model model,
      Weights weights,
      CompileOptions options,
      BatchSource source,
      IntConsumer progress) {
    List<Value> layers = Anatomy.of(model).layers();
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(model.name() + " has no 3x3 convolution");
    }
    Sums[] sums = new Sums[layers.size()];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = new Sums();
    }
    int[] done = {0};
    Observation.run(
        backend,
        options,
        model,
        weights,
        layers,
        source,
        Integer.MAX_VALUE,
        (session, images) -> {
          for (int i = 0; i < sums.length; i++) {
            sums[i].add(session, layers.get(i), images);
          }
          done[0] += images;
          progress.accept(done[0]);
        });
    List<LayerResponse> responses = new ArrayList<>();
    for (int i = 0; i < sums.length; i++) {
      responses.add(new LayerResponse(layers.get(i).name(), sums[i].deviation()));
    }
    return responses;
  }

  /** The sums of numbers and of their squares. */
  private static final class Sums {
    private long count;
    private double sum;
    private double squares;

    void add(Session session, Value value, int images) {
      float[] numbers = session.read(value).toFloats();
      int read = numbers.length / value.shape().dim(0) * images;
      for (int i = 0; i < read; i++) {
        sum += numbers[i];
        squares += (double) numbers[i] * numbers[i];
      }
      count += read;
    }

    double deviation() {
      double mean = sum / count;
      return Math.sqrt(Math.max(0, squares / count - mean * mean));
    }
  }
}
