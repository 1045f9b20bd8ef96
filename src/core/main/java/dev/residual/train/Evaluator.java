package dev.residual.train;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import java.util.function.IntConsumer;

/**
 * A network under test: an inference session that counts correct classifications.
 *
 * <p>Starts with zeros everywhere: write weights first. Serves one thread at a time.
 */
public final class Evaluator implements AutoCloseable {
  private final Model model;
  private final Session session;
  private final Ranking ranking;

  /**
   * Compiles a network, with the fused forms that the backend supports.
   *
   * @param model in inference mode
   * @throws IllegalArgumentException if images or logits are not {@link DType#F32}
   */
  public Evaluator(Backend backend, CompileOptions options, Model model) {
    if (model.images().dtype() != DType.F32) {
      throw new IllegalArgumentException(model.images() + ": an evaluator takes images of F32");
    }
    this.model = model;
    this.ranking = new Ranking(model.logits());
    this.session = backend.compile(Fusion.fuse(model.graph(), backend::supports), options);
  }

  /**
   * Replaces the weights.
   *
   * @throws IllegalArgumentException if they are not the weights of this network
   */
  public void write(Weights weights) {
    weights.writeTo(session);
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
    if (!source.shape().equals(model.images().shape())) {
      throw new IllegalArgumentException(
          "batches of %s for a network of %s".formatted(source.shape(), model.images()));
    }
    long images = 0;
    long top1 = 0;
    long top5 = 0;
    try (Batches batches = source.epoch(0, 0)) {
      int done = 0;
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        ranking.check(batch);
        session.write(model.images(), batch.images(), batch.layout());
        session.run();
        ranking.count(session, batch);
        images += batch.count();
        top1 += ranking.top1();
        top5 += ranking.top5();
        progress.accept(++done);
      }
    }
    return new Accuracy(images, top1, top5);
  }

  /** Frees the session. */
  @Override
  public void close() {
    session.close();
  }
}
