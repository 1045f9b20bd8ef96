package dev.residual.calibration;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.train.Batch;
import dev.residual.train.BatchSource;
import dev.residual.train.Batches;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.ObjIntConsumer;

/** A look at values inside a model while it infers the first batches of a source. */
public final class Observation {
  private Observation() {}

  /**
   * Runs a model, and shows the session and the number of images after each run.
   *
   * @param values of the model's graph that shall be readable
   * @param batches the number of batches at most, of the first epoch
   * @throws IllegalArgumentException if the source has no batch, or the weights do not fit
   */
  public static void run(
      Backend backend,
      CompileOptions options,
      Model model,
      Weights weights,
      Collection<Value> values,
      BatchSource source,
      int batches,
      ObjIntConsumer<Session> observer) {
    Set<Value> outputs = new LinkedHashSet<>(model.graph().outputs());
    outputs.addAll(values);
    try (Session session = backend.compile(new Graph(model.graph().ops(), outputs), options);
        Batches images = source.epoch(0, 0)) {
      weights.writeTo(session);
      Batch batch = images.next();
      if (batch == null) {
        throw new IllegalArgumentException("there is no batch of images to measure with");
      }
      for (int i = 0; i < batches && batch != null; i++) {
        session.write(model.images(), batch.images(), batch.layout());
        session.run();
        observer.accept(session, batch.count());
        batch = images.next();
      }
    }
  }
}
