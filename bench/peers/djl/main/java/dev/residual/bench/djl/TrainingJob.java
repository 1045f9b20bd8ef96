package dev.residual.bench.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Training steps. */
final class TrainingJob implements Job {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final Model model;
  private final EagerNetwork network;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final NDArray images;
  private final NDArray labels;
  private final Loss loss = Loss.softmaxCrossEntropyLoss();
  private final Optimizer sgd =
      Optimizer.sgd()
          .setLearningRateTracker(Tracker.fixed(NetworkTask.LEARNING_RATE))
          .optMomentum((float) NetworkTask.MOMENTUM)
          .optWeightDecays((float) NetworkTask.WEIGHT_DECAY)
          .build();

  TrainingJob(NetworkTask task) {
    model = task.model(Mode.TRAINING);
    Weights weights = task.weights(model);
    Map<Value, NDArray> fixed = new HashMap<>();
    for (Value value : Weights.values(model.graph())) {
      NDArray array = EagerNetwork.array(manager, weights.get(value.name()));
      if (value.role() == Role.PARAMETER) {
        array.setRequiresGradient(true);
        parameters.put(value.name(), array);
      }
      fixed.put(value, array);
    }
    network = new EagerNetwork(model.graph(), fixed);
    images = EagerNetwork.array(manager, task.images());
    labels = manager.create(task.labels());
  }

  @Override
  public void run() {
    try (NDManager step = manager.newSubManager()) {
      NDArray batch = images.duplicate();
      batch.attach(step);
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        NDArray logits = network.forward(model.images(), batch, model.logits());
        NDArray mean = loss.evaluate(new NDList(labels), new NDList(logits));
        mean.attach(step);
        collector.backward(mean);
      }
      parameters.forEach(
          (name, parameter) -> {
            NDArray gradient = parameter.getGradient();
            gradient.attach(step);
            sgd.update(name, parameter, gradient);
          });
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
