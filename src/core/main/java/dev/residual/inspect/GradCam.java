package dev.residual.inspect;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Gradients;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The parts of an image that speak for a class: gradient-weighted class activation maps.
 *
 * <p>The last feature map A is what the classifier reads before it is pooled. Its channel k has the
 * weight a_k, the mean over all places of the gradient of the class's logit with respect to it. The
 * map is {@code relu(sum of a_k * A_k)}, as Selvaraju et al. define it in "Grad-CAM: Visual
 * Explanations from Deep Networks via Gradient-based Localization" (2017).
 *
 * <p>Serves one thread at a time; {@link #close} frees its memory.
 */
public final class GradCam implements AutoCloseable {
  private final Model model;
  private final Value features;
  private final Value copy;
  private final Value seed;
  private final Value gradient;
  private final Probe front;
  private final Session rear;

  /**
   * Compiles a model up to its last feature map, and from there on with gradients.
   *
   * @param model in inference mode, for one image
   * @throws IllegalArgumentException if it has no feature map that all logits are computed from, an
   *     operation after it has no gradient, or the weights are those of another model
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation
   */
  public GradCam(Backend backend, Model model, Weights weights, CompileOptions options) {
    if (model.images().shape().dim(0) != 1) {
      throw new IllegalArgumentException(
          "%s is for batches of %s: expected one image".formatted(model.name(), model.images()));
    }
    this.model = model;
    features =
        Anatomy.of(model)
            .features()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        model.name()
                            + " has no feature map that all its logits are computed from"));
    copy = Value.input(features.name(), features.shape(), features.dtype());
    seed = Value.input("gradient of the logits", model.logits().shape(), model.logits().dtype());
    Gradients gradients = Gradients.of(rear(), Map.of(model.logits(), seed), List.of(copy));
    gradient = Objects.requireNonNull(gradients.of().get(copy));
    front = new Probe(backend, model, List.of(features), weights, options);
    Session session = null;
    try {
      session = backend.compile(gradients.graph(), options);
      weights.of(gradients.graph()).writeTo(session);
      rear = session;
    } catch (RuntimeException e) {
      if (session != null) {
        session.close();
      }
      front.close();
      throw e;
    }
  }

  /** What computes the logits from the feature map, as an input. */
  private Graph rear() {
    List<Op> ops = model.graph().ops();
    int begin = 0;
    while (!ops.get(begin).outputs().contains(features)) {
      begin++;
    }
    List<Op> after =
        ops.subList(begin + 1, ops.size()).stream()
            .map(op -> op.map(value -> value.equals(features) ? copy : value))
            .toList();
    return Graph.needed(after, List.of(model.logits()));
  }

  /**
   * An image as the network sees it.
   *
   * @param logits of all classes
   * @param features the last feature map, 1 c h w
   */
  public record View(float[] logits, Tensor features) {

    /** The class of the greatest logit. */
    public int predicted() {
      int best = 0;
      for (int c = 1; c < logits.length; c++) {
        best = logits[c] > logits[best] ? c : best;
      }
      return best;
    }

    /** The probability of a class. */
    public double probability(int label) {
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp((double) logit - logits[label]);
      }
      return 1 / sum;
    }
  }

  /**
   * The logits and the last feature map of an image.
   *
   * @param image as many bytes as the model's images have
   * @param layout its order: c h w, or h w c
   */
  public View view(MemorySegment image, Layout layout) {
    Tensor map = Objects.requireNonNull(front.run(image, layout).get(features));
    rear.write(copy, map);
    rear.write(seed, Tensor.zeros(seed.dtype(), seed.shape()));
    rear.run();
    return new View(rear.read(model.logits()).toFloats(), map);
  }

  /**
   * Where an image shows a class.
   *
   * @throws IllegalArgumentException if there is no such class
   */
  public HeatMap explain(View view, int label) {
    if (label < 0 || label >= view.logits().length) {
      throw new IllegalArgumentException("class %d of %d".formatted(label, view.logits().length));
    }
    Tensor one = Tensor.zeros(seed.dtype(), seed.shape());
    one.set(label, 1);
    rear.write(copy, view.features());
    rear.write(seed, one);
    rear.run();
    float[] gradients = rear.read(gradient).toFloats();
    float[] maps = view.features().toFloats();
    int height = features.shape().dim(2);
    int width = features.shape().dim(3);
    int places = height * width;
    double[] sums = new double[places];
    for (int channel = 0; channel < maps.length; channel += places) {
      double weight = 0;
      for (int i = 0; i < places; i++) {
        weight += gradients[channel + i];
      }
      for (int i = 0; i < places; i++) {
        sums[i] += weight / places * maps[channel + i];
      }
    }
    float[] values = new float[places];
    for (int i = 0; i < places; i++) {
      values[i] = (float) Math.max(0, sums[i]);
    }
    return new HeatMap(height, width, values);
  }

  /** Frees the memory. Closing again does nothing. */
  @Override
  public void close() {
    front.close();
    rear.close();
  }
}
