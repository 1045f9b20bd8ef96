package dev.residual.train;

import dev.residual.nn.Architecture;
import dev.residual.nn.Initializer;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;

/** A residual network that trains within a second: six blocks' worth of layers on 8x8 images. */
public final class TinyNetwork {
  public static final int CLASSES = 3;

  private TinyNetwork() {}

  public static ResNet network() {
    return network(List.of(1, 1));
  }

  /** One with blocks whose convolutions are quantised. */
  public static ResNet deep() {
    return network(List.of(3, 1));
  }

  private static ResNet network(List<Integer> blocks) {
    Architecture architecture =
        new Architecture(
            Architecture.Stem.CIFAR,
            Architecture.Block.BASIC,
            false,
            Architecture.Shortcut.PROJECTION,
            blocks,
            4,
            1,
            4,
            false,
            false);
    return ResNet.of("tiny", architecture).classes(CLASSES).input(8, 8);
  }

  public static TrainingGraph trainingGraph(int batch, Optimizer sgd) {
    return TrainingGraph.of(network().dropout(0.1).training(batch), sgd, 0);
  }

  public static Model inference(int batch) {
    return network().model(Mode.INFERENCE, batch, DType.F32);
  }

  public static Weights weights(long seed) {
    return new Initializer(Initializer.Fan.IN, seed).weights(network().inference(1).graph());
  }

  public static Shape shape(int batch) {
    return network().imageShape(batch);
  }
}
