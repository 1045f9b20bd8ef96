package dev.residual.bench.pytorch;

import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Value;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Weights;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;

/** Inference with batch normalisation folded, all in the type of the task. */
final class InferenceJob implements Job {
  private final PointerScope scope = new PointerScope();
  private final EagerNetwork network;
  private final Value input;
  private final Value output;
  private final Tensor images;

  InferenceJob(NetworkTask task) {
    Folded folded = task.folded();
    Map<Value, Tensor> fixed = new HashMap<>();
    for (Value value : Weights.values(folded.graph())) {
      fixed.put(value, Tensors.of(folded.weights().get(value.name()), task.dtype()));
    }
    network = new EagerNetwork(folded.graph(), fixed, Tensors.type(task.dtype()));
    input = folded.graph().value("images");
    output = folded.graph().outputs().getFirst();
    images = Tensors.of(task.images(), task.dtype());
  }

  @Override
  public void run() {
    try (PointerScope _ = new PointerScope();
        InferenceMode _ = new InferenceMode(true)) {
      network.forward(input, images, output);
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
