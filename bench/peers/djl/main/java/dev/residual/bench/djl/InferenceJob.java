package dev.residual.bench.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Value;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Weights;
import java.util.HashMap;
import java.util.Map;

/** Inference with batch normalisation folded. */
final class InferenceJob implements Job {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final EagerNetwork network;
  private final Value input;
  private final Value output;
  private final NDArray images;

  InferenceJob(NetworkTask task) {
    Folded folded = task.folded();
    Map<Value, NDArray> fixed = new HashMap<>();
    for (Value value : Weights.values(folded.graph())) {
      fixed.put(value, EagerNetwork.array(manager, folded.weights().get(value.name())));
    }
    network = new EagerNetwork(folded.graph(), fixed);
    input = folded.graph().value("images");
    output = folded.graph().outputs().getFirst();
    images = EagerNetwork.array(manager, task.images());
  }

  @Override
  public void run() {
    try (NDManager step = manager.newSubManager()) {
      NDArray batch = images.duplicate();
      batch.attach(step);
      network.forward(input, batch, output);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
