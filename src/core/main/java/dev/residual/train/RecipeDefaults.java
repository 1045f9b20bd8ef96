package dev.residual.train;

import dev.residual.graph.BatchNorm;
import dev.residual.nn.Architecture.Block;
import dev.residual.nn.Architecture.Stem;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.ResNet;
import java.util.Arrays;
import java.util.List;

/**
 * The settings of a training where nothing else is asked for.
 *
 * <p>They are the recipes of {@link Presets}, with a learning rate in proportion to the batch.
 * Weights that were trained before get a lower rate, which falls as a cosine.
 *
 * @param network to be trained
 * @param tuning whether training begins with weights that were trained before
 */
public record RecipeDefaults(ImageNetwork network, boolean tuning) {
  /** Images up to this size are like those of CIFAR. */
  private static final int SMALL = 64;

  private static final double DECAY = 0.1;

  /** The recipe for so many epochs. */
  public Recipe recipe(int epochs) {
    return recipe(epochs, batch());
  }

  /** The recipe for so many epochs of steps of so many images. */
  public Recipe recipe(int epochs, int batch) {
    double rate = rate(batch);
    Schedule schedule =
        tuning ? new Schedule.Cosine(rate, 0, epochs) : steps(rate, milestones(epochs), isDeep());
    return new Recipe(epochs, batch, new Sgd(0.9, 1e-4), schedule, 0);
  }

  /** The number of images of a step. */
  public int batch() {
    return isCifar() ? 128 : 32;
  }

  /** The first learning rate for steps of so many images. */
  public double rate(int batch) {
    double first = isNormalized() ? 0.1 : 0.01;
    return tuning ? first / 10 * batch / 32 : first * batch / (isCifar() ? 128 : 256);
  }

  /** Networks without batch normalisation do not bear the rates of those with it. */
  private boolean isNormalized() {
    return network.training(2).graph().ops().stream().anyMatch(BatchNorm.class::isInstance);
  }

  /** The epochs after which the rate is divided by ten. */
  public List<Integer> milestones(int epochs) {
    double[] parts =
        isCifar() ? new double[] {1 / 2.0, 3 / 4.0} : new double[] {1 / 3.0, 2 / 3.0, 8 / 9.0};
    return Arrays.stream(parts)
        .mapToObj(part -> Math.max(1, (int) Math.round(part * epochs)))
        .toList();
  }

  /** A rate that is divided by ten at milestones; for deep networks it begins with a tenth. */
  public static Schedule steps(double rate, List<Integer> milestones, boolean deep) {
    Schedule steps = new Schedule.MultiStep(rate, milestones, DECAY);
    // Section 4.2: at 0.1, the deepest of these do not begin to learn.
    return deep ? new Schedule.ConstantWarmup(steps, 1, rate / 10) : steps;
  }

  /** Whether the network has 110 layers or more. */
  public boolean isDeep() {
    if (!(network instanceof ResNet resnet)) {
      return false;
    }
    int blocks = resnet.architecture().depths().stream().mapToInt(Integer::intValue).sum();
    return blocks * (resnet.architecture().block() == Block.BASIC ? 2 : 3) + 2 >= 110;
  }

  private boolean isCifar() {
    return network instanceof ResNet resnet
        ? resnet.architecture().stem() == Stem.CIFAR
        : Math.max(network.height(), network.width()) <= SMALL;
  }
}
