package dev.residual.inspect;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network compiled to compute values inside it. Serves one thread at a time; {@link #close} frees
 * its memory.
 */
public final class Probe implements AutoCloseable {
  private final Value images;
  private final List<Value> values;
  private final Session session;

  /**
   * Compiles what values need of a model.
   *
   * @param model in inference mode
   * @param values of the model's graph, at least one
   * @param weights of the whole model
   * @throws IllegalArgumentException if the weights are those of another model, or there is no such
   *     value
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation
   */
  public Probe(
      Backend backend, Model model, List<Value> values, Weights weights, CompileOptions options) {
    weights.check(model.graph());
    Graph part = Graph.needed(model.graph().ops(), values);
    images = model.images();
    this.values = List.copyOf(values);
    session = backend.compile(part, options);
    try {
      weights.of(part).writeTo(session);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /**
   * The values for a batch of images.
   *
   * @param batch as many bytes as the model's images have
   * @param layout the order of each image: c h w, or h w c
   * @return the values in their order, each row-major
   */
  public Map<Value, Tensor> run(MemorySegment batch, Layout layout) {
    session.write(images, batch, layout);
    session.run();
    Map<Value, Tensor> results = new LinkedHashMap<>();
    values.forEach(value -> results.put(value, session.read(value)));
    return results;
  }

  /** Frees the memory. Closing again does nothing. */
  @Override
  public void close() {
    session.close();
  }
}
