package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.nn.Architecture.Shortcut;
import dev.residual.nn.Architecture.Stem;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;

/**
 * A residual network ("Deep Residual Learning for Image Recognition", He et al. 2015, and its
 * successors): a plan, the size of its images and the number of its classes.
 *
 * <p>Parameters and running statistics have the names of torchvision, as {@code
 * layer1.0.downsample.0.weight}; where the stem is {@link Stem#CIFAR}, projections are called
 * {@code shortcut} and the classifier {@code linear}, as in the published weights of those
 * networks. Convolutions have no bias; batch normalisation has epsilon 1e-5 and momentum 0.1.
 *
 * <p>Immutable: methods with a parameter return another network.
 *
 * @param name what {@link #named} and messages call it
 * @param architecture the plan
 * @param classes the number of classes
 * @param height of an image
 * @param width of an image
 * @param dropout the probability of zeroing an input of the classifier, in [0, 1)
 * @param stochasticDepth the probability of dropping the convolutions of the last block for an
 *     image, in [0, 1)
 */
public record ResNet(
    String name,
    Architecture architecture,
    int classes,
    int height,
    int width,
    double dropout,
    double stochasticDepth)
    implements ImageNetwork {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if an extent is below 1, a probability outside [0, 1), or a
   *     network without shortcuts is to drop blocks
   */
  public ResNet {
    if (classes < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "%s: %d classes, images of %dx%d: each must be at least 1"
              .formatted(name, classes, height, width));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          name + ": dropout is " + dropout + ", it must be in [0, 1)");
    }
    if (!(stochasticDepth >= 0 && stochasticDepth < 1)) {
      throw new IllegalArgumentException(
          "%s: stochastic depth is %s, it must be in [0, 1)".formatted(name, stochasticDepth));
    }
    if (stochasticDepth > 0 && architecture.shortcut() == Shortcut.NONE) {
      throw new IllegalArgumentException(
          name + " has no shortcuts: without its convolutions nothing of an image is left");
    }
  }

  /**
   * The network of this name, for 1000 classes of 224x224, or 10 of 32x32.
   *
   * @throws IllegalArgumentException if there is none; the message suggests similar names
   */
  public static ResNet named(String name) {
    return of(name, Catalogue.get(name));
  }

  /** A network of this plan, for 1000 classes of 224x224, or 10 of 32x32. */
  public static ResNet of(String name, Architecture architecture) {
    return architecture.stem() == Stem.IMAGENET
        ? new ResNet(name, architecture, 1000, 224, 224, 0, 0)
        : new ResNet(name, architecture, 10, 32, 32, 0, 0);
  }

  /** All names that {@link #named} knows; {@link Networks} knows more. */
  public static List<String> names() {
    return Catalogue.names();
  }

  /** This network with another number of classes. */
  @Override
  public ResNet classes(int other) {
    return new ResNet(name, architecture, other, height, width, dropout, stochasticDepth);
  }

  /** This network for images of another size. */
  @Override
  public ResNet input(int otherHeight, int otherWidth) {
    return new ResNet(
        name, architecture, classes, otherHeight, otherWidth, dropout, stochasticDepth);
  }

  /** This network with dropout before the classifier while it is trained. */
  public ResNet dropout(double probability) {
    return new ResNet(name, architecture, classes, height, width, probability, stochasticDepth);
  }

  /**
   * This network with stochastic depth while it is trained (Huang et al. 2016, "Deep Networks with
   * Stochastic Depth"): each image passes by the convolutions of a block with a probability, and
   * what they add for the others is scaled up to the same mean.
   *
   * @param rate the probability in the last block, in [0, 1); it rises linearly from 0 at the stem
   */
  public ResNet stochasticDepth(double rate) {
    return new ResNet(name, architecture, classes, height, width, dropout, rate);
  }

  /** The shape of a batch of images, n 3 h w. */
  public Shape imageShape(int batch) {
    return Shape.of(batch, 3, height, width);
  }

  /** The graph in {@link Mode#INFERENCE}, of {@link DType#F32}. */
  @Override
  public Model inference(int batch) {
    return model(Mode.INFERENCE, batch, DType.F32);
  }

  /** The graph in {@link Mode#TRAINING}, of {@link DType#F32}: forward only, without a loss. */
  @Override
  public Model training(int batch) {
    return model(Mode.TRAINING, batch, DType.F32);
  }

  /**
   * The graph of this network, forward only.
   *
   * @param dtype of all floating values: F32 or F64. For others, {@link Model#withPrecision} makes
   *     activations narrower, and leaves statistics and parameters wide
   * @throws IllegalArgumentException if the batch is below 1, shapes do not fit, or the type is
   *     another
   */
  public Model model(Mode mode, int batch, DType dtype) {
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException(
          "%s is built in F32 or F64, given %s: Model.withPrecision makes activations narrower"
              .formatted(name, dtype));
    }
    GraphBuilder builder = new GraphBuilder(dtype);
    Value images = builder.input("images", imageShape(batch));
    Value logits = addTo(builder, images, mode);
    return new Model(name, builder.build(logits), images, logits);
  }

  /**
   * The rule for first weights that the published networks of this kind were trained from: {@link
   * Initializer.Fan#OUT} for large images, as torchvision, {@link Initializer.Fan#IN} for small.
   */
  public Initializer initializer(long seed) {
    return new Initializer(
        architecture.stem() == Stem.IMAGENET ? Initializer.Fan.OUT : Initializer.Fan.IN, seed);
  }

  /** Weights drawn by {@link #initializer}. */
  @Override
  public Weights firstWeights(long seed) {
    return initializer(seed).weights(inference(1).graph());
  }

  @Override
  public boolean isTrained() {
    return false;
  }

  /**
   * Adds this network to a graph that goes on, as with a loss.
   *
   * <p>With dropout or stochastic depth in {@link Mode#TRAINING}, the graph has states as {@code
   * dropout.random} and {@code layer1.0.drop.random}, each an {@link DType#I64} for the caller to
   * seed.
   *
   * @param images n 3 h w of any size, of the builder's type
   * @return the logits, n classes
   */
  public Value addTo(GraphBuilder builder, Value images, Mode mode) {
    return new ResNetLayers(builder, this, mode).logits(images);
  }
}
