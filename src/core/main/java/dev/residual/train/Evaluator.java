package dev.residual.train;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A network under test: an inference session that counts correct classifications.
 *
 * <p>Starts with zeros everywhere: write weights first. Serves one thread at a time.
 */
public final class Evaluator implements AutoCloseable {
  private final Value images;
  private final Value labels;
  private final Value rows = Value.input("rows", Shape.SCALAR, DType.I32);
  private final Session session;
  private final Ranking ranking;
  private final int[] count = new int[1];
  private final MemorySegment countMemory = MemorySegment.ofArray(count);

  /**
   * Compiles a network, with the fused forms that the backend supports.
   *
   * @param model in inference mode
   * @throws IllegalArgumentException if images are not {@link DType#F32}
   */
  public Evaluator(Backend backend, CompileOptions options, Model model) {
    if (model.images().dtype() != DType.F32) {
      throw new IllegalArgumentException(model.images() + ": an evaluator takes images of F32");
    }
    images = model.images();
    labels = Value.input("labels", Shape.of(images.shape().dim(0)), DType.I32);
    TopK top = Ranking.of(model.logits(), labels, rows);
    ranking = new Ranking(top.counts());
    List<Op> ops = new ArrayList<>(model.graph().ops());
    ops.add(top);
    Graph graph = new Graph(ops, top.outputs());
    session = backend.compile(Fusion.fuse(graph, backend::supports), options);
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
   * @throws IllegalArgumentException if the shapes differ
   * @throws IllegalStateException if a label is no class
   */
  public Accuracy evaluate(BatchSource source, IntConsumer progress) {
    if (!source.shape().equals(images.shape())) {
      throw new IllegalArgumentException(
          "batches of %s for a network of %s".formatted(source.shape(), images));
    }
    long done = 0;
    long top1 = 0;
    long top5 = 0;
    try (Batches batches = source.epoch(0, 0)) {
      int run = 0;
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        session.write(images, batch.images(), batch.layout());
        session.write(labels, batch.labels(), Layout.ROW_MAJOR);
        count[0] = batch.count();
        session.write(rows, countMemory, Layout.ROW_MAJOR);
        session.run();
        ranking.read(session);
        done += batch.count();
        top1 += ranking.top1();
        top5 += ranking.top5();
        progress.accept(++run);
      }
    }
    return new Accuracy(done, top1, top5);
  }

  /** Frees the session. */
  @Override
  public void close() {
    session.close();
  }
}
