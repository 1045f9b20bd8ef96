package dev.residual.nn;

import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A network of any layers: a plan, the size of its images and the number of its classes.
 *
 * <p>Those that came before residual networks are among the named ones, with the layers and the
 * names of parameters of torchvision: {@code alexnet}, {@code vgg11} to {@code vgg19}, with batch
 * normalisation as {@code vgg16_bn}, and {@code googlenet}, with its auxiliary heads in training.
 * So are two that are made for speed on small images, {@code resnet9-cifar} and {@code
 * airbench-cifar}.
 *
 * <p>Immutable: methods with a parameter return another network.
 *
 * @param name what messages call it
 * @param layers the plan
 * @param classes the number of classes
 * @param height of an image
 * @param width of an image
 */
public record LayeredNetwork(String name, Layers layers, int classes, int height, int width)
    implements ImageNetwork {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if an extent is below 1
   */
  public LayeredNetwork {
    if (classes < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "%s: %d classes, images of %dx%d: each must be at least 1"
              .formatted(name, classes, height, width));
    }
  }

  /** A network for 1000 classes of 224x224. */
  static LayeredNetwork imagenet(String name, Layers layers) {
    return new LayeredNetwork(name, layers, 1000, 224, 224);
  }

  /** A network for 10 classes of 32x32. */
  static LayeredNetwork cifar(String name, Layers layers) {
    return new LayeredNetwork(name, layers, 10, 32, 32);
  }

  @Override
  public LayeredNetwork classes(int other) {
    return new LayeredNetwork(name, layers, other, height, width);
  }

  @Override
  public LayeredNetwork input(int otherHeight, int otherWidth) {
    LayeredNetwork other = new LayeredNetwork(name, layers, classes, otherHeight, otherWidth);
    // Whether it can take them is what the layers say.
    other.inference(1);
    return other;
  }

  @Override
  public Model inference(int batch) {
    return model(Mode.INFERENCE, batch);
  }

  @Override
  public Model training(int batch) {
    return model(Mode.TRAINING, batch);
  }

  private Model model(Mode mode, int batch) {
    GraphBuilder graph = new GraphBuilder(DType.F32);
    Value images = graph.input("images", Shape.of(batch, 3, height, width));
    try {
      Value logits = layers.logits(graph, images, classes, mode);
      Graph built = graph.build(logits);
      List<Value> auxiliary =
          mode == Mode.TRAINING
              ? layers.auxiliary().stream().map(built::value).toList()
              : List.of();
      List<Value> outputs = new ArrayList<>(List.of(logits));
      outputs.addAll(auxiliary);
      return new Model(
          name,
          new Graph(built.ops(), outputs),
          images,
          logits,
          auxiliary,
          Set.copyOf(layers.fixed()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s for images of %dx%d: %s".formatted(name, height, width, e.getMessage()), e);
    }
  }

  /** Weights drawn by the rule of the layers. */
  @Override
  public Weights firstWeights(long seed) {
    // Two, since one image of few pixels has no statistics.
    return layers.initializer(seed).weights(training(2).graph());
  }

  @Override
  public Optional<String> whitening() {
    return layers.whitening();
  }

  @Override
  public boolean isTrained() {
    return false;
  }
}
