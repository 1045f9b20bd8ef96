package dev.residual.train;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * A network under test, which counts correct classifications.
 *
 * <p>Serves one thread at a time.
 */
public final class Evaluator implements AutoCloseable {
  private final Graph graph;
  private final Value images;
  private final Value labels;
  private final Value rows = Value.input("rows", Shape.SCALAR, DType.I32);
  private final Network network;
  private final Ranking ranking;
  private final float[] scores;
  private List<PredictedImage> predicted = List.of();
  private final int[] count = new int[1];
  private final MemorySegment countMemory = MemorySegment.ofArray(count);

  private Evaluator(Model model, Function<Model, Network> compilation) {
    if (model.images().dtype() != DType.F32) {
      throw new IllegalArgumentException(model.images() + ": an evaluator takes images of F32");
    }
    graph = model.graph();
    images = model.images();
    labels = Value.input("labels", Shape.of(images.shape().dim(0)), DType.I32);
    TopK top = Ranking.of(model.logits(), labels, rows);
    ranking = new Ranking(top.counts());
    scores = new float[(int) model.logits().shape().elements()];
    List<Op> ops = new ArrayList<>(model.graph().ops());
    ops.add(top);
    List<Value> outputs = new ArrayList<>(model.graph().outputs());
    outputs.add(top.counts());
    network = compilation.apply(model.withGraph(new Graph(ops, outputs)));
  }

  /**
   * Compiles a network as {@link Network#of(Backend, Model, Weights, CompileOptions, DType)} does.
   *
   * @param model in inference mode
   * @throws IllegalArgumentException if images are not {@link DType#F32}, or the weights are those
   *     of another network
   */
  public static Evaluator of(
      Backend backend, Model model, Weights weights, CompileOptions options, DType precision) {
    return new Evaluator(
        model, counted -> Network.of(backend, counted, weights, options, precision));
  }

  /**
   * Compiles a network without weights, which all are zeros until {@link #write}.
   *
   * @param model in inference mode
   * @throws IllegalArgumentException if images are not {@link DType#F32}
   */
  public static Evaluator unwritten(
      Backend backend, Model model, CompileOptions options, DType precision) {
    return new Evaluator(model, counted -> Network.unwritten(backend, counted, options, precision));
  }

  /**
   * Replaces the weights. Those that serve training alone, as of auxiliary heads, are passed over.
   *
   * @throws IllegalArgumentException if one of this network is missing or has another shape
   */
  public void write(Weights weights) {
    network.write(weights.of(graph));
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
    List<PredictedImage> seen = new ArrayList<>();
    long done = 0;
    long top1 = 0;
    long top5 = 0;
    try (Batches batches = source.epoch(0, 0)) {
      int run = 0;
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        Session session = network.session();
        session.write(images, batch.images(), batch.layout());
        session.write(labels, batch.labels(), Layout.ROW_MAJOR);
        count[0] = batch.count();
        session.write(rows, countMemory, Layout.ROW_MAJOR);
        session.run();
        ranking.read(session);
        session.read(network.logits(), MemorySegment.ofArray(scores), Layout.ROW_MAJOR);
        predict(batch, seen);
        done += batch.count();
        top1 += ranking.top1();
        top5 += ranking.top5();
        progress.accept(++run);
      }
    }
    predicted = seen;
    return new Accuracy(done, top1, top5);
  }

  private void predict(Batch batch, List<PredictedImage> to) {
    int classes = network.logits().shape().dim(1);
    for (int row = 0; row < batch.count(); row++) {
      int label = batch.labels().getAtIndex(JAVA_INT_UNALIGNED, row);
      to.add(PredictedImage.of(scores, row * classes, classes, label));
    }
  }

  /** What the network said of each image of the last evaluation that ended; of none before. */
  public Predictions predictions() {
    return new Predictions(network.logits().shape().dim(1), predicted);
  }

  /**
   * Classifies all images by the average of several views of each.
   *
   * @param views in the source's first epoch, those of one image after each other
   * @param weights of the views of each image
   * @param average what is averaged
   * @param progress told the number of batches done, after each
   * @throws IllegalArgumentException as {@link ViewEvaluator#add}
   */
  public Accuracy evaluate(
      BatchSource views, List<Double> weights, ViewAverage average, IntConsumer progress) {
    int classes = network.logits().shape().dim(1);
    int count = views.images() / Math.max(1, weights.size());
    ViewEvaluator evaluator = new ViewEvaluator(count, classes, average);
    evaluator.add(network, views, weights, progress);
    predicted = evaluator.predictions().images();
    return evaluator.accuracy();
  }

  /** Closes the network. */
  @Override
  public void close() {
    network.close();
  }
}
