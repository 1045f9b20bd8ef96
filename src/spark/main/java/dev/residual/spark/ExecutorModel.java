package dev.residual.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.broadcast.Broadcast;

/**
 * A network on the executors, each of which compiles it once for all its tasks.
 *
 * @param key tells networks of this and other applications apart
 * @param weights the content of their file
 * @param isEmbedder whether it gives embeddings, in place of predictions
 * @param batch the images of a run
 */
record ExecutorModel(String key, Broadcast<byte[]> weights, boolean isEmbedder, int batch)
    implements Serializable {
  /** Those of this executor: the ones in use, and the one that was used last. */
  private static final Map<List<Object>, OpenModel> OPEN = new HashMap<>();

  /** The network on this executor, compiled by the first task that asks; to be released. */
  OpenModel open() {
    List<Object> settings = List.of(key, isEmbedder, batch);
    synchronized (OPEN) {
      OpenModel model = OPEN.get(settings);
      if (model == null) {
        closeIdle();
        try {
          model = OpenModel.of(weights.value(), isEmbedder, batch);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        OPEN.put(settings, model);
      }
      model.hold();
      return model;
    }
  }

  private static void closeIdle() {
    List<OpenModel> all = new ArrayList<>(OPEN.values());
    for (OpenModel model : all) {
      if (model.closeIfIdle()) {
        OPEN.values().remove(model);
      }
    }
  }
}
