package dev.residual.djl;

import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * A network that many threads may call at once. Its sessions, which share the weights, compute at
 * the same time; a call waits where none is free.
 *
 * @param pool the sessions
 * @param inputs of a batch, by name, in order
 * @param outputs of a batch, by name, in order
 */
record PooledNetwork(SessionPool pool, Map<String, Value> inputs, Map<String, Value> outputs)
    implements AutoCloseable {

  /** A network that this owns from now on. */
  static PooledNetwork of(
      Network network, Map<String, Value> inputs, Map<String, Value> outputs, int sessions) {
    return new PooledNetwork(network.pool(sessions), inputs, outputs);
  }

  /**
   * Computes the outputs.
   *
   * @param given a tensor for each input, in order. Instead of a batch they may have any number of
   *     rows: these are computed batch by batch, and the last is filled up with zeros
   * @throws IllegalArgumentException naming the input, if a type or a shape differs
   * @throws IllegalStateException if the network is closed
   */
  List<Tensor> run(List<Tensor> given) {
    List<Value> values = List.copyOf(inputs.values());
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      tensors.add(fitting(values.get(i), given.get(i)));
    }
    if (tensors.stream().map(Tensor::shape).toList().equals(shapes(values))) {
      return await(submit(tensors));
    }
    int batch = batch(tensors);
    int rows = tensors.getFirst().shape().dim(0);
    List<CompletableFuture<List<Tensor>>> runs = new ArrayList<>();
    for (int i = 0; i < rows; i += batch) {
      int first = i;
      runs.add(submit(tensors.stream().map(tensor -> batch(tensor, first, batch)).toList()));
    }
    List<Tensor> results = new ArrayList<>();
    for (Value output : outputs.values()) {
      results.add(Tensor.zeros(output.dtype(), output.shape().with(0, rows)));
    }
    for (int i = 0; i < runs.size(); i++) {
      List<Tensor> parts = await(runs.get(i));
      for (int j = 0; j < parts.size(); j++) {
        long offset = i * parts.get(j).data().byteSize();
        MemorySegment to = results.get(j).data().asSlice(offset);
        long bytes = Math.min(to.byteSize(), parts.get(j).data().byteSize());
        MemorySegment.copy(parts.get(j).data(), 0, to, 0, bytes);
      }
    }
    return results;
  }

  private static List<Shape> shapes(List<Value> values) {
    return values.stream().map(Value::shape).toList();
  }

  /** The tensor with the type of the value; the first extents may differ. */
  private static Tensor fitting(Value value, Tensor tensor) {
    Shape shape = tensor.shape();
    boolean fits =
        shape.equals(value.shape())
            || (shape.rank() > 0
                && shape.rank() == value.shape().rank()
                && value.shape().equals(shape.with(0, value.shape().dim(0))));
    if (!fits || tensor.dtype().isFloating() != value.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "the input '%s' is given as %s %s, expected %s %s"
              .formatted(value.name(), tensor.dtype(), shape, value.dtype(), value.shape()));
    }
    return tensor.to(value.dtype());
  }

  /** The number of rows of a batch, which all inputs and outputs must have. */
  private int batch(List<Tensor> given) {
    List<Shape> all =
        Stream.concat(inputs.values().stream(), outputs.values().stream())
            .map(Value::shape)
            .toList();
    int batch = all.getFirst().dim(0);
    boolean haveRows =
        all.stream().allMatch(shape -> shape.rank() > 0 && shape.dim(0) == batch)
            && given.stream().map(tensor -> tensor.shape().dim(0)).distinct().count() == 1;
    if (!haveRows) {
      throw new IllegalArgumentException(
          "the inputs are %s, expected %s: not all inputs and outputs have one row for each image"
              .formatted(
                  given.stream().map(Tensor::shape).toList(),
                  shapes(List.copyOf(inputs.values()))));
    }
    return batch;
  }

  private static Tensor batch(Tensor tensor, int first, int batch) {
    Shape shape = tensor.shape().with(0, batch);
    long row = tensor.data().byteSize() / tensor.shape().dim(0);
    int count = Math.min(batch, tensor.shape().dim(0) - first);
    MemorySegment rows = tensor.data().asSlice(first * row, count * row);
    if (count == batch) {
      return new Tensor(tensor.dtype(), shape, rows);
    }
    Tensor padded = Tensor.zeros(tensor.dtype(), shape);
    padded.data().asSlice(0, rows.byteSize()).copyFrom(rows);
    return padded;
  }

  private CompletableFuture<List<Tensor>> submit(List<Tensor> batch) {
    try {
      return pool.submit(session -> compute(session, batch));
    } catch (IllegalStateException e) {
      throw closed(e);
    }
  }

  private List<Tensor> compute(Session session, List<Tensor> batch) {
    int i = 0;
    for (Value input : inputs.values()) {
      Tensor tensor = batch.get(i++);
      if (session.graph().contains(input)) {
        session.write(input, tensor);
      }
    }
    session.run();
    return outputs.values().stream().map(session::read).toList();
  }

  private static List<Tensor> await(CompletableFuture<List<Tensor>> run) {
    try {
      return run.join();
    } catch (CancellationException e) {
      throw closed(e);
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static IllegalStateException closed(Exception cause) {
    return new IllegalStateException("the model is closed", cause);
  }

  /** Waits for what is being computed, and frees everything. Closing again does nothing. */
  @Override
  public void close() {
    pool.close();
  }
}
