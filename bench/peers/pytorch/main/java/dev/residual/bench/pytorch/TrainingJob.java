package dev.residual.bench.pytorch;

import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Training steps: parameters in f32, activations in the type of the task. */
final class TrainingJob implements Job {
  private final PointerScope scope = new PointerScope();
  private final Model model;
  private final EagerNetwork network;
  private final Tensor images;
  private final Tensor labels;
  private final SGD sgd;

  TrainingJob(NetworkTask task) {
    model = task.model(Mode.TRAINING);
    Weights weights = task.weights(model);
    Map<Value, Tensor> fixed = new HashMap<>();
    TensorVector parameters = new TensorVector();
    for (Value value : Weights.values(model.graph())) {
      Tensor tensor = Tensors.of(weights.get(value.name()), DType.F32);
      if (value.role() == Role.PARAMETER) {
        tensor.set_requires_grad(true);
        parameters.push_back(tensor);
      }
      fixed.put(value, tensor);
    }
    network = new EagerNetwork(model.graph(), fixed, Tensors.type(task.dtype()));
    images = Tensors.of(task.images(), task.dtype());
    labels = Tensor.create(Arrays.stream(task.labels()).asLongStream().toArray(), task.batch());
    SGDOptions options = new SGDOptions(NetworkTask.LEARNING_RATE);
    options.momentum().put(NetworkTask.MOMENTUM);
    options.weight_decay().put(NetworkTask.WEIGHT_DECAY);
    sgd = new SGD(parameters, options);
  }

  @Override
  public void run() {
    try (PointerScope _ = new PointerScope()) {
      Tensor logits = network.forward(model.images(), images, model.logits());
      Tensor loss = torch.cross_entropy_loss(logits.to(torch.ScalarType.Float), labels);
      sgd.zero_grad();
      loss.backward();
      sgd.step();
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
