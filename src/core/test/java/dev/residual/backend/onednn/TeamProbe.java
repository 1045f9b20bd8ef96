package dev.residual.backend.onednn;

import dev.residual.engine.CompileOptions;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.Layout;
import dev.residual.train.Batch;
import dev.residual.train.Sgd;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;
import java.lang.foreign.MemorySegment;

/** A program that trains a network for two steps on two threads, on one thread after another. */
final class TeamProbe {
  private static final int BATCH = 32;

  private TeamProbe() {}

  public static void main(String[] args) throws InterruptedException {
    ResNet network = ResNet.named("resnet20-cifar");
    TrainingGraph graph = TrainingGraph.of(network.training(BATCH), new Sgd(0.9, 1e-4), 0);
    Weights weights = network.initializer(0).weights(graph.graph());
    MemorySegment images =
        MemorySegment.ofArray(new float[(int) graph.images().shape().elements()]);
    Batch batch =
        new Batch(images, Layout.CHANNELS_LAST, MemorySegment.ofArray(new int[BATCH]), BATCH);
    try (Trainer trainer =
        new Trainer(new OneDnnBackend(), new CompileOptions(2), graph, weights)) {
      for (int step = 0; step < 2; step++) {
        Thread thread = new Thread(() -> System.out.println(trainer.step(batch, 0.1)));
        thread.start();
        thread.join();
      }
    }
    System.out.println("done");
  }
}
