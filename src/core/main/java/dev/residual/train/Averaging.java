package dev.residual.train;

import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An average of the weights over the updates of a training.
 *
 * <p>It holds the running statistics of batch normalisations, too. Averages are records, so that
 * their text tells all about them.
 */
public sealed interface Averaging {
  /** The weights as they are. */
  Averaging NONE = new None();

  /** What the name of an average begins with; the name of the weight follows. */
  String PREFIX = "average.";

  /** These weights, those that have an average among the states replaced by it. */
  static Weights trained(Weights weights, Weights states) {
    Map<String, Tensor> trained = new LinkedHashMap<>(weights.tensors());
    trained.replaceAll((name, tensor) -> states.tensors().getOrDefault(PREFIX + name, tensor));
    return new Weights(trained);
  }

  /** How much an average moves towards the weights. */
  interface Share {
    /**
     * The share of the weights in the average after an update, in [0, 1].
     *
     * @param update the number of updates before it
     * @param updates the number of updates of the training
     */
    double at(long update, long updates);
  }

  /** The weights as they are. */
  record None() implements Averaging {}

  /**
   * An exponential moving average, which is what is measured and kept, while training goes on with
   * the weights. It begins with the first ones: the decay is at most {@code (1 + n) / (10 + n)}
   * after n updates.
   *
   * @param decay what the average keeps of itself, in [0, 1)
   */
  record Exponential(double decay) implements Averaging, Share {
    /** Checks the range. */
    public Exponential {
      if (!(decay >= 0 && decay < 1)) {
        throw new IllegalArgumentException("decay is " + decay + ", it must be in [0, 1)");
      }
    }

    @Override
    public double at(long update, long updates) {
      return 1 - Math.min(decay, (1.0 + update) / (10.0 + update));
    }
  }

  /**
   * Slow weights that follow the trained ones, which then go on from there ("Lookahead Optimizer: k
   * steps forward, 1 step back", Zhang et al. 2019).
   *
   * @param every the number of updates between two moves
   * @param decay what slow weights keep of themselves in a move, in [0, 1]; half of it in the paper
   * @param power the decay is in proportion to this power of the part of the training that is over;
   *     0 for a constant one
   */
  record Lookahead(int every, double decay, double power) implements Averaging, Share {
    /** Checks the ranges. */
    public Lookahead {
      if (every < 1) {
        throw new IllegalArgumentException(
            "lookahead moves every " + every + " updates, it must be at least 1");
      }
      if (!(decay >= 0 && decay <= 1)) {
        throw new IllegalArgumentException("decay is " + decay + ", it must be in [0, 1]");
      }
      if (!(power >= 0 && power < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "power is " + power + ", it must be at least 0 and finite");
      }
    }

    @Override
    public double at(long update, long updates) {
      return moves(update, updates)
          ? 1 - decay * Math.pow((double) (update + 1) / updates, power)
          : 0;
    }

    /** Whether slow weights move after an update: every so many, and after the last. */
    public boolean moves(long update, long updates) {
      return (update + 1) % every == 0 || update + 1 == updates;
    }
  }
}
