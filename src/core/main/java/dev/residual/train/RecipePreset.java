package dev.residual.train;

import dev.residual.graph.BatchNorm;
import dev.residual.nn.Architecture.Block;
import dev.residual.nn.Architecture.Stem;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A recipe that has proved itself, for any network, number of epochs and size of batches.
 *
 * <p>Networks without batch normalisation do not bear the rates of those with it: theirs are a
 * tenth.
 */
public enum RecipePreset {
  /**
   * "Deep Residual Learning", section 4.2, for CIFAR-10: batches of 128, a rate of 0.1 divided by
   * ten after half and three quarters of the epochs (the paper's 64k steps are 164), momentum 0.9,
   * decay 1e-4. From 56 layers on, the first epoch has a tenth of the rate. The paper begins so
   * with 110 layers, until fewer than 80 % of the images are wrong, some 400 steps.
   */
  PAPER_CIFAR(164, 128, 128, 0.1) {
    @Override
    public Recipe recipe(ImageNetwork network, int epochs, int batch, double rate) {
      return paper(hasLayers(network, 56), epochs, batch, rate, 1 / 2.0, 3 / 4.0);
    }
  },

  /**
   * Section 3.4, for ImageNet, with fixed epochs in place of plateaus as PyTorch's reference has
   * them: updates by 256 images in steps of 32, as many as each of the paper's GPUs had, a rate of
   * 0.1 divided by ten after one, two thirds and eight ninths of the epochs (30, 60 and 80 of 90),
   * momentum 0.9, decay 1e-4.
   */
  PAPER_IMAGENET(90, 32, 256, 0.1) {
    @Override
    public int accumulation(ImageNetwork network, int batch) {
      return Math.max(1, 256 / batch);
    }

    @Override
    public Recipe recipe(ImageNetwork network, int epochs, int batch, double rate) {
      return paper(hasLayers(network, 110), epochs, batch, rate, 3 / 9.0, 6 / 9.0, 8 / 9.0);
    }
  },

  /**
   * What suits most images today: Nesterov's momentum, a rate that rises and falls as a cosine,
   * smoothed labels, and no decay of norms and biases.
   */
  MODERN(30, 128, 128, 0.1) {
    @Override
    public int epochs(int images) {
      return Math.clamp(1_500_000 / images, 10, 90);
    }

    @Override
    public int batch(ImageNetwork network) {
      return isSmall(network) ? 128 : 32;
    }

    @Override
    public Recipe recipe(ImageNetwork network, int epochs, int batch, double rate) {
      double decay = isSmall(network) ? 5e-4 : 5e-5;
      Sgd sgd = new Sgd(0.9, decay, true, false);
      return new Recipe(epochs, batch, sgd, risingCosine(rate, epochs), 0.1);
    }
  },

  /**
   * The most accuracy on CIFAR-10 in little time, as in airbench ("94% on CIFAR-10 in 3.29 Seconds
   * on a Single GPU", Jordan 2024): few epochs of large batches at a high rate, shifts of norms at
   * a still higher one, and slow weights that are followed ever less.
   */
  FAST_CIFAR(10, 1024, 1024, 1.5) {
    @Override
    public Recipe recipe(ImageNetwork network, int epochs, int batch, double rate) {
      Schedule schedule = new Schedule.Triangle(rate, 0.2, 0.23, 0.07, epochs);
      // Of the loss of an image, the decay of a step is in proportion to its images.
      double decay = 0.0153 * batch / 7850.7 / rate;
      Sgd sgd = new Sgd(0.85, decay, true, true);
      Recipe recipe = new Recipe(epochs, batch, sgd, schedule, 0.2);
      return recipe
          .withAveraging(new Averaging.Lookahead(5, Math.pow(0.95, 5), 3))
          .withGroups(groups(network, sgd, schedule));
    }

    @Override
    public List<ParameterGroup> groups(
        ImageNetwork network, Optimizer optimizer, Schedule schedule) {
      if (!(optimizer instanceof Sgd sgd)) {
        return List.of();
      }
      // Decay is in proportion to the rate, and is to stay as it is.
      Sgd slower =
          new Sgd(sgd.momentum(), sgd.weightDecay() / SHIFTS, sgd.nesterov(), sgd.decaysVectors());
      return shifts(network).stream()
          .map(name -> new ParameterGroup(name, schedule.scaled(SHIFTS), slower))
          .toList();
    }
  },

  /** Weights that were trained before, on other images. */
  FINE_TUNE(30, 32, 32, 0.01) {
    @Override
    public int epochs(int images) {
      return Math.clamp(40_000 / images, 5, 40);
    }

    @Override
    public Recipe recipe(ImageNetwork network, int epochs, int batch, double rate) {
      Sgd sgd = new Sgd(0.9, 1e-4, true, false);
      return new Recipe(epochs, batch, sgd, risingCosine(rate, epochs), 0.1);
    }
  };

  /** Images up to this size are like those of CIFAR. */
  private static final int SMALL = 64;

  private static final double TENTH = 0.1;

  /** How much faster the shifts of norms are trained in airbench. */
  private static final double SHIFTS = 64;

  private final int epochs;
  private final int batch;
  private final int images;
  private final double rate;

  /**
   * A preset.
   *
   * @param images the number of images of an update that the rate is for
   */
  RecipePreset(int epochs, int batch, int images, double rate) {
    this.epochs = epochs;
    this.batch = batch;
    this.images = images;
    this.rate = rate;
  }

  /**
   * The number of epochs.
   *
   * @param images for training, at least 1: few are shown more often
   */
  public int epochs(int images) {
    return epochs;
  }

  /** The number of images of a step. */
  public int batch(ImageNetwork network) {
    return batch;
  }

  /**
   * The number of steps whose mean gradient makes an update.
   *
   * @param images of a step
   */
  public int accumulation(ImageNetwork network, int images) {
    return 1;
  }

  /**
   * The highest learning rate, in proportion to the images of an update.
   *
   * @param number of images of an update
   */
  public double rate(ImageNetwork network, int number) {
    double fitting = hasNorms(network) ? rate : rate * TENTH;
    return fitting * number / images;
  }

  /**
   * The recipe.
   *
   * @param rate the highest learning rate
   */
  public abstract Recipe recipe(ImageNetwork network, int epochs, int batch, double rate);

  /**
   * The parameters that are trained otherwise than the rest, where the rest have another rule or
   * schedule than those of the preset. Rates that are multiplied are those of {@link Sgd}: with
   * another rule all parameters are trained alike.
   */
  public List<ParameterGroup> groups(ImageNetwork network, Optimizer optimizer, Schedule schedule) {
    return List.of();
  }

  /** The recipe for so many epochs, with batches and rate as they are best. */
  public Recipe recipe(ImageNetwork network, int epochs) {
    int size = batch(network);
    int steps = accumulation(network, size);
    return recipe(network, epochs, size, rate(network, size * steps)).withAccumulation(steps);
  }

  /**
   * The preset that suits a training for which none is asked.
   *
   * @param tuning whether it begins with weights that were trained before
   */
  public static RecipePreset suiting(boolean tuning) {
    return tuning ? FINE_TUNE : MODERN;
  }

  /** A rate that is divided by ten after these parts of the epochs, but never before the first. */
  public static Schedule tenths(double rate, int epochs, double... parts) {
    List<Integer> milestones =
        Arrays.stream(parts)
            .mapToObj(part -> Math.max(1, (int) Math.round(part * epochs)))
            .toList();
    return new Schedule.MultiStep(rate, milestones, TENTH);
  }

  private static Recipe paper(boolean isDeep, int epochs, int batch, double rate, double... parts) {
    Schedule schedule = tenths(rate, epochs, parts);
    if (isDeep) {
      // Section 4.2: at 0.1, the deepest of these do not begin to learn.
      schedule = new Schedule.ConstantWarmup(schedule, 1, rate * TENTH);
    }
    return new Recipe(epochs, batch, new Sgd(0.9, 1e-4), schedule, 0);
  }

  /** Half a cosine, over whose first tenth the rate rises. */
  private static Schedule risingCosine(double rate, int epochs) {
    Schedule cosine = new Schedule.Cosine(rate, 0, epochs);
    int rise = Math.min(5, epochs / 10);
    return rise == 0 ? cosine : cosine.withWarmup(rise, rate * TENTH);
  }

  private static boolean hasNorms(ImageNetwork network) {
    return network.training(2).graph().ops().stream().anyMatch(BatchNorm.class::isInstance);
  }

  /** The shifts of norms whose scales are fixed. */
  private static List<String> shifts(ImageNetwork network) {
    Model model = network.training(2);
    return model.graph().ops().stream()
        .filter(BatchNorm.class::isInstance)
        .map(BatchNorm.class::cast)
        .filter(norm -> model.fixed().contains(norm.scale().name()))
        .map(norm -> norm.shift().name())
        .toList();
  }

  /** Whether the network has so many layers or more. */
  private static boolean hasLayers(ImageNetwork network, int layers) {
    if (!(network instanceof ResNet resnet)) {
      return false;
    }
    int blocks = resnet.architecture().depths().stream().mapToInt(Integer::intValue).sum();
    return blocks * (resnet.architecture().block() == Block.BASIC ? 2 : 3) + 2 >= layers;
  }

  /** Whether its images are like those of CIFAR. */
  public static boolean isSmall(ImageNetwork network) {
    return network instanceof ResNet resnet
        ? resnet.architecture().stem() == Stem.CIFAR
        : Math.max(network.height(), network.width()) <= SMALL;
  }

  /** The name on a command line, as {@code paper-cifar}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
