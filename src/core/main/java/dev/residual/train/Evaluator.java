package dev.residual.train;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import java.util.function.IntConsumer;

/**
 * A network under test, which counts correct classifications.
 *
 * <p>Serves one thread at a time.
 */
public final class Evaluator implements AutoCloseable {
  private final Network network;
  private final Ranking ranking;

  /**
   * An evaluator of a network, which is closed with it.
   *
   * @throws IllegalArgumentException if images or logits are not {@link DType#F32}
   */
  public Evaluator(Network network) {
    requireFloats(network.images());
    this.network = network;
    this.ranking = new Ranking(network.logits());
  }

  /**
   * Compiles a network without weights, which all are zeros until {@link #write}.
   *
   * @param model in inference mode
   * @throws IllegalArgumentException if images or logits are not {@link DType#F32}
   */
  public Evaluator(Backend backend, CompileOptions options, Model model) {
    requireFloats(model.images());
    this.ranking = new Ranking(model.logits());
    this.network = Network.unwritten(backend, model, options, DType.F32);
  }

  private static void requireFloats(Value images) {
    if (images.dtype() != DType.F32) {
      throw new IllegalArgumentException(images + ": an evaluator takes images of F32");
    }
  }

  /**
   * Replaces the weights.
   *
   * @throws IllegalArgumentException if they are not the weights of this network
   */
  public void write(Weights weights) {
    network.write(weights);
  }

  /** Classifies all images of a source once, those of its first epoch. */
  public Accuracy evaluate(BatchSource source) {
    return evaluate(source, done -> {});
  }

  /**
   * Classifies all images of a source once, those of its first epoch.
   *
   * @param source of batches of this network's size; its labels are classes of this network, which
   *     may have more
   * @param progress told the number of batches done, after each
   * @throws IllegalArgumentException if the shapes differ, or a label is no class
   */
  public Accuracy evaluate(BatchSource source, IntConsumer progress) {
    if (!source.shape().equals(network.images().shape())) {
      throw new IllegalArgumentException(
          "batches of %s for a network of %s".formatted(source.shape(), network.images()));
    }
    long images = 0;
    long top1 = 0;
    long top5 = 0;
    try (Batches batches = source.epoch(0, 0)) {
      int done = 0;
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        ranking.check(batch);
        network.run(batch.images(), batch.layout(), ranking.memory());
        ranking.count(batch);
        images += batch.count();
        top1 += ranking.top1();
        top5 += ranking.top5();
        progress.accept(++done);
      }
    }
    return new Accuracy(images, top1, top5);
  }

  /** Closes the network. */
  @Override
  public void close() {
    network.close();
  }
}
