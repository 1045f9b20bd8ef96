package dev.residual.io;

import dev.residual.engine.Backend;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.Head;
import dev.residual.nn.Model;
import java.util.Set;

/**
 * A network of an embedder with one set of weights. Calls enter and leave it; once it is retired,
 * none enters, and the last to leave closes it.
 */
final class EmbeddingModel implements AutoCloseable {
  private final TrainedModel model;
  private final String hash;
  private final ImagePipeline<float[]> pipeline;

  /** Where it is until it is closed. */
  private final Set<EmbeddingModel> open;

  private final Object closing = new Object();
  private int calls;
  private boolean retired;

  private EmbeddingModel(
      TrainedModel model, String hash, ImagePipeline<float[]> pipeline, Set<EmbeddingModel> open) {
    this.model = model;
    this.hash = hash;
    this.pipeline = pipeline;
    this.open = open;
    open.add(this);
  }

  static EmbeddingModel compile(
      Backend backend, TrainedModel model, EmbedderOptions options, Set<EmbeddingModel> open) {
    Model graph = model.architecture().inference(options.inference().batch());
    String given = options.value();
    String value = given == null ? features(graph) : given;
    Network network =
        Network.of(
            backend,
            graph,
            value,
            model.weights(),
            options.inference().compilation(),
            options.inference().precision());
    String hash;
    try {
      hash = EmbeddingHash.of(model, network, options);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
    ImagePipeline<float[]> pipeline =
        new ImagePipeline<>(
            "the embedder",
            new PooledRows(network, options.sessions()),
            model,
            options,
            row -> options.normalized() ? normalized(row) : row);
    return new EmbeddingModel(model, hash, pipeline, open);
  }

  private static String features(Model graph) {
    return Head.features(graph)
        .map(Value::name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    graph.name() + " has no linear layer: name the value to take rows from"));
  }

  private static float[] normalized(float[] row) {
    double squares = 0;
    for (float number : row) {
      squares += (double) number * number;
    }
    double length = Math.sqrt(squares);
    for (int i = 0; i < row.length && length > 0; i++) {
      row[i] = (float) (row[i] / length);
    }
    return row;
  }

  TrainedModel model() {
    return model;
  }

  String hash() {
    return hash;
  }

  ImagePipeline<float[]> pipeline() {
    return pipeline;
  }

  /** Whether a call may use it, which leaves it then. */
  synchronized boolean enter() {
    if (retired) {
      return false;
    }
    calls++;
    return true;
  }

  void leave() {
    boolean isLast;
    synchronized (this) {
      calls--;
      isLast = retired && calls == 0;
    }
    if (isLast) {
      close();
    }
  }

  /** Lets no further call enter, and closes it if none is in it. */
  void retire() {
    boolean isUnused;
    synchronized (this) {
      retired = true;
      isUnused = calls == 0;
    }
    if (isUnused) {
      close();
    }
  }

  /** Waits for what is being computed, and frees everything, though calls may still use it. */
  @Override
  public void close() {
    synchronized (this) {
      retired = true;
    }
    synchronized (closing) {
      pipeline.close();
    }
    open.remove(this);
  }
}
