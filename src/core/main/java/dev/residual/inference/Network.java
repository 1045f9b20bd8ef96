package dev.residual.inference;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Head;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Networks;
import dev.residual.nn.Weights;
import dev.residual.quantization.FloatingConvolutions;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A network compiled for inference, with its weights: images in, logits out, as fast as the backend
 * can.
 *
 * <p>Batch norms are folded into convolutions, and operations are fused where the backend can.
 * Activations get the type that is asked for. If the weights are 8-bit integers, convolutions
 * compute with them, or with the numbers they stand for where the backend sums no integers. Images
 * and logits keep their names, types and shapes.
 *
 * <p>Serves one thread at a time, any thread, as its {@link Session} does: a call that overlaps
 * with another throws {@link IllegalStateException}, as does any after {@link #close}. {@link
 * #fork} is for another thread, {@link #pool} for the most images in a second. {@link #close} frees
 * the memory. What forks share lives until the last of them is closed.
 */
public final class Network implements AutoCloseable {
  private final Model source;
  private final Value output;
  private final Session session;
  private final Predicate<Op> supports;
  private final @Nullable Map<String, Double> scales;

  private Network(
      Model source,
      Value output,
      Session session,
      Predicate<Op> supports,
      @Nullable Map<String, Double> scales) {
    this.source = source;
    this.output = output;
    this.session = session;
    this.supports = supports;
    this.scales = scales;
  }

  /**
   * The network of this name for one image at a time, with as many classes as the weights have.
   *
   * @param name as {@link Networks#named} takes it
   * @param weights of the network, or those of 8-bit integers, as {@link QuantizedWeights#toFile}
   *     makes them
   * @throws IllegalArgumentException if there is no such network, or the weights are others
   */
  public static Network of(Backend backend, String name, Weights weights) {
    ImageNetwork network = Networks.named(name);
    int classes = Head.of(network).classes(weights).orElse(network.classes());
    return of(backend, network.classes(classes), weights, InferenceOptions.DEFAULT);
  }

  /**
   * A network for images of its size.
   *
   * @param weights of the network, or those of 8-bit integers, as {@link QuantizedWeights#toFile}
   *     makes them
   * @throws IllegalArgumentException if the weights are those of another network
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation on this
   *     processor, as in bf16
   */
  public static Network of(
      Backend backend, ImageNetwork network, Weights weights, InferenceOptions options) {
    Model model = network.inference(options.batch());
    return of(backend, model, weights, options.compilation(), options.precision());
  }

  /**
   * A model in inference mode, for batches of its size.
   *
   * @param weights as for an {@link ImageNetwork}
   * @param precision of activations, as {@link Model#withPrecision} takes it
   * @throws IllegalArgumentException if the weights are those of another model
   * @throws dev.residual.engine.UnsupportedOpException as for an {@link ImageNetwork}
   */
  public static Network of(
      Backend backend, Model model, Weights weights, CompileOptions options, DType precision) {
    return compile(backend, model, null, weights, options, precision);
  }

  /**
   * A model in inference mode up to one of its values, which {@link #logits} then is: the features
   * that its last layer classifies, or any other. What the value does not need is not computed.
   *
   * @param value the name of a value of {@link DType#F32} that the model computes, with as many
   *     rows as images; with 8-bit integers, one that is left when convolutions are fused with what
   *     comes after them
   * @param weights of the whole model, as for an {@link ImageNetwork}
   * @param precision of activations, as {@link Model#withPrecision} takes it
   * @throws IllegalArgumentException if there is no such value, or the weights are those of another
   *     model
   * @throws dev.residual.engine.UnsupportedOpException as for an {@link ImageNetwork}
   */
  public static Network of(
      Backend backend,
      Model model,
      String value,
      Weights weights,
      CompileOptions options,
      DType precision) {
    return compile(backend, model, value, weights, options, precision);
  }

  private static Network compile(
      Backend backend,
      Model model,
      @Nullable String value,
      Weights weights,
      CompileOptions options,
      DType precision) {
    QuantizedWeights quantized =
        QuantizedWeights.isIn(weights) ? QuantizedWeights.ofFile(weights) : null;
    Graph whole = quantized == null ? model.graph() : quantized.graph(model.graph());
    Value output = value == null ? model.logits() : Rows.named(value, whole, model);
    BatchNormFolding.Folded prepared =
        FloatingConvolutions.of(
            quantized == null
                ? folded(model, output, weights)
                : upTo(output, model, whole, quantized.weights()),
            backend::supports);
    Map<String, Double> scales = quantized == null ? null : quantized.scales();
    Graph fused = fused(prepared.graph(), precision, backend::supports);
    Network network =
        new Network(model, output, backend.compile(fused, options), backend::supports, scales);
    try {
      prepared.weights().writeTo(network.session);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
    return network;
  }

  /** A model whose batch norms are folded, as far as a value needs it. */
  private static BatchNormFolding.Folded folded(Model model, Value output, Weights weights) {
    weights.check(model.graph());
    BatchNormFolding.Folded part = upTo(output, model, model.graph(), weights);
    return BatchNormFolding.fold(part.graph(), part.weights());
  }

  /** What a value needs of a graph and its weights: of logits, all. */
  private static BatchNormFolding.Folded upTo(
      Value output, Model model, Graph graph, Weights weights) {
    if (output.equals(model.logits())) {
      return new BatchNormFolding.Folded(graph, weights);
    }
    Graph part = Graph.needed(graph.ops(), List.of(output));
    return new BatchNormFolding.Folded(part, weights.of(part));
  }

  /**
   * A model in inference mode whose weights are zeros until {@link #write}.
   *
   * @param precision of activations, as {@link Model#withPrecision} takes it
   */
  public static Network unwritten(
      Backend backend, Model model, CompileOptions options, DType precision) {
    Graph fused = graph(model, precision, backend::supports);
    Session session = backend.compile(fused, options);
    return new Network(model, model.logits(), session, backend::supports, null);
  }

  /**
   * The graph that is compiled for a model whose weights are floats.
   *
   * @param model in inference mode
   * @param precision of activations, as {@link Model#withPrecision} takes it
   * @param supports whether the backend can run an operation, as {@code backend::supports}
   */
  public static Graph graph(Model model, DType precision, Predicate<Op> supports) {
    Graph folded = BatchNormFolding.fold(model.graph());
    return fused(FloatingConvolutions.of(folded, supports), precision, supports);
  }

  private static Graph fused(Graph folded, DType precision, Predicate<Op> supports) {
    return Fusion.fuse(MixedPrecision.of(folded, precision), supports);
  }

  /**
   * Replaces the weights, those of forks included. No fork may run meanwhile; this is not checked.
   *
   * @param weights of the model; 8-bit integers if the weights before were, with the same scales
   * @throws IllegalArgumentException if they are not
   */
  public void write(Weights weights) {
    if (!QuantizedWeights.isIn(weights)) {
      if (scales != null) {
        throw new IllegalArgumentException(
            "the network computes with 8-bit integers, the weights are floats");
      }
      write(folded(source, output, weights));
      return;
    }
    QuantizedWeights quantized = QuantizedWeights.ofFile(weights);
    if (!quantized.scales().equals(scales)) {
      throw new IllegalArgumentException(
          scales == null
              ? "the network computes with floats, the weights are 8-bit integers"
              : "the weights have other scales than those that the network was made with");
    }
    write(upTo(output, source, quantized.graph(source.graph()), quantized.weights()));
  }

  private void write(BatchNormFolding.Folded weights) {
    FloatingConvolutions.of(weights, supports).weights().writeTo(session);
  }

  /**
   * The logits of images.
   *
   * @param images n c h w of the model's type, as many as there are: more than a batch are computed
   *     batch by batch, and what is missing from the last is filled up with zeros
   * @return n classes
   * @throws IllegalArgumentException if type or extents are others
   */
  public Tensor run(Tensor images) {
    Value input = images();
    Shape shape = images.shape();
    if (images.dtype() != input.dtype()
        || shape.rank() != input.shape().rank()
        || !shape.equals(input.shape().with(0, shape.dim(0)))) {
      throw new IllegalArgumentException(
          "images are %s, expected any number of %s".formatted(images, input));
    }
    return run(images.data(), Layout.ROW_MAJOR);
  }

  /**
   * The logits of images in memory of any kind. Where the session holds images in the same order,
   * as that of the CPU does channels last, nothing is transposed.
   *
   * @param images the bytes of numbers of the model's type and extents, in native order, as many
   *     images as there are
   * @param layout the order of each image: c h w, or h w c
   * @return n classes
   * @throws IllegalArgumentException unless they are whole images, at least one
   */
  public Tensor run(MemorySegment images, Layout layout) {
    long image = images().bytes() / batch();
    if (images.byteSize() == 0 || images.byteSize() % image != 0) {
      throw new IllegalArgumentException(
          "%d bytes are no whole images, each of which has %d: %s"
              .formatted(images.byteSize(), image, images()));
    }
    int count = Math.toIntExact(images.byteSize() / image);
    Tensor result = Tensor.zeros(logits().dtype(), logits().shape().with(0, count));
    for (int i = 0; i < count; i += batch()) {
      int part = Math.min(batch(), count - i);
      MemorySegment from = rows(images, images(), i, part);
      MemorySegment to = rows(result.data(), logits(), i, part);
      if (part == batch()) {
        run(from, layout, to);
      } else {
        Tensor padded = Tensor.zeros(images().dtype(), images().shape());
        padded.data().copyFrom(from);
        Tensor all = Tensor.zeros(logits().dtype(), logits().shape());
        run(padded.data(), layout, all.data());
        to.copyFrom(rows(all.data(), logits(), 0, part));
      }
    }
    return result;
  }

  private MemorySegment rows(MemorySegment data, Value batch, int first, int count) {
    long bytes = batch.bytes() / batch();
    return data.asSlice(first * bytes, count * bytes);
  }

  /**
   * The logits of images.
   *
   * @param images n c h w, as many as there are, of {@link DType#F32}
   * @return n classes
   * @throws IllegalArgumentException unless they are whole images, at least one
   */
  public float[] run(float[] images) {
    Shape batch = images().shape();
    long image = batch.elements() / batch();
    if (images.length == 0 || images.length % image != 0) {
      throw new IllegalArgumentException(
          "%d numbers are no whole images, each of which has %d: %s"
              .formatted(images.length, image, images()));
    }
    return run(Tensor.of(batch.with(0, (int) (images.length / image)), images)).toFloats();
  }

  /**
   * Computes the logits of one batch, and allocates nothing.
   *
   * @param images as many bytes as {@link #images} has
   * @param layout the order of the images
   * @param logits where to write as many bytes as {@link #logits} has, row-major
   * @throws IllegalArgumentException if a size differs
   */
  public void run(MemorySegment images, Layout layout, MemorySegment logits) {
    run(session, images, layout, logits);
  }

  /**
   * Computes the logits of one batch with a session of the {@link #pool}; otherwise like {@link
   * #run(MemorySegment, Layout, MemorySegment)}.
   */
  public void run(Session with, MemorySegment images, Layout layout, MemorySegment logits) {
    with.write(images(), images, requireNonNull(layout, "layout"));
    with.run();
    with.read(logits(), logits, Layout.ROW_MAJOR);
  }

  /** The images of a batch, n c h w, an input of the session's graph. */
  public Value images() {
    return source.images();
  }

  /**
   * The output of the session's graph: the class scores of a batch, n classes, or the value that
   * was asked for.
   */
  public Value logits() {
    return output;
  }

  /** The number of images of a run. */
  public int batch() {
    return images().shape().dim(0);
  }

  /** The model as it was given, before folding and fusing. */
  public Model model() {
    return source;
  }

  /** The session, which this network owns. */
  public Session session() {
    return session;
  }

  /** A network for another thread, which shares the weights. The caller closes it. */
  public Network fork() {
    return new Network(source, output, session.fork(), supports, scales);
  }

  /**
   * A pool of sessions that share the weights, the first of which is this network's. Each computes
   * a batch of its own at the same time, with {@link #run(Session, MemorySegment, Layout,
   * MemorySegment)}. Closing the pool closes this network.
   *
   * @throws IllegalArgumentException if the number is below 1
   */
  public SessionPool pool(int sessions) {
    return new SessionPool(session, sessions);
  }

  /** Frees everything but what forks share. Closing again does nothing. */
  @Override
  public void close() {
    session.close();
  }
}
