package dev.residual.bench;

import dev.residual.io.onnx.OnnxModel;
import dev.residual.io.onnx.OnnxNetwork;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A network to be measured.
 *
 * @param network the plan, or that of an ONNX file
 * @param batch images a run
 * @param dtype the type of activations; {@link DType#S8} stands for 8-bit integers, signed or not
 * @param threads inside an operation
 */
public record NetworkTask(ImageNetwork network, int batch, DType dtype, int threads) {
  /** The learning rate of all: small, for noise teaches nothing. */
  public static final float LEARNING_RATE = 1e-4f;

  /** The momentum of SGD. */
  public static final double MOMENTUM = 0.9;

  /** The weight decay of SGD. */
  public static final double WEIGHT_DECAY = 1e-4;

  /**
   * A task as parameters name it.
   *
   * @param workload as {@code resnet50 x 32} or {@code FILE.onnx x 32}
   * @param precision {@code f32}, {@code bf16}, {@code f16} or {@code int8}
   */
  public static NetworkTask parse(String workload, String precision, int threads) {
    String[] parts = workload.split(" *x *(?=\\d+$)");
    if (parts.length != 2) {
      throw new IllegalArgumentException(workload + " is not a workload as 'resnet50 x 32'");
    }
    DType dtype =
        switch (precision) {
          case "f16" -> DType.F16;
          case "int8" -> DType.S8;
          default -> Precisions.of(precision);
        };
    return new NetworkTask(network(parts[0]), Integer.parseInt(parts[1]), dtype, threads);
  }

  private static ImageNetwork network(String name) {
    if (!name.endsWith(".onnx")) {
      return ResNet.named(name);
    }
    try {
      return OnnxNetwork.of(OnnxModel.read(Path.of(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The forward graph in f32, with batch normalisation and without fused forms. */
  public Model model(Mode mode) {
    return mode == Mode.TRAINING ? network.training(batch) : network.inference(batch);
  }

  /** The forward graph in f32 for inference, batch normalisation folded into convolutions. */
  public Folded folded() {
    Model model = model(Mode.INFERENCE);
    return BatchNormFolding.fold(model.graph(), weights(model));
  }

  /** First weights, or those of the file: the same for all frameworks. */
  public Weights weights(Model model) {
    return network.firstWeights(1).of(model.graph());
  }

  /** Images n c h w. */
  public Tensor images() {
    return Noise.tensor(Shape.of(batch, 3, network.height(), network.width()));
  }

  /** The class of each image. */
  public int[] labels() {
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = (7 * i + 3) % network.classes();
    }
    return labels;
  }
}
