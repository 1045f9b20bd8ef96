package dev.residual.djl;

import dev.residual.engine.Backend;
import dev.residual.graph.Value;
import dev.residual.inference.InferenceOptions;
import dev.residual.inference.Network;
import dev.residual.io.Labels;
import dev.residual.io.onnx.OnnxGraph;
import dev.residual.io.onnx.OnnxInput;
import dev.residual.io.onnx.OnnxModel;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.Model;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a file of weights or an ONNX file becomes.
 *
 * @param network compiled
 * @param labels the names of the classes; empty for an ONNX file, which has none
 */
record LoadedModel(PooledNetwork network, List<String> labels) {
  /** Where an ONNX file leaves the size of images open, and no option gives it. */
  private static final int SIDE = 224;

  /**
   * Reads a file, and compiles its network.
   *
   * @throws IOException naming the file, if it cannot be read
   * @throws IllegalArgumentException if the network is not supported, or options do not fit it
   */
  static LoadedModel read(Path file, Backend backend, ModelOptions options) throws IOException {
    return ModelFile.isOnnx(file)
        ? onnx(OnnxModel.read(file), backend, options)
        : weights(file, backend, options);
  }

  private static LoadedModel weights(Path file, Backend backend, ModelOptions options)
      throws IOException {
    TrainedModel trained =
        options.network() == null
            ? TrainedModel.read(file)
            : TrainedModel.read(options.network(), file);
    if (options.side() > 0) {
      trained = trained.input(options.side(), options.side());
    }
    Network network = trained.network(backend, options.inference());
    Map<String, Value> inputs = Map.of(network.images().name(), network.images());
    Map<String, Value> outputs = Map.of(network.logits().name(), network.logits());
    return new LoadedModel(
        PooledNetwork.of(network, inputs, outputs, options.sessions()), Labels.of(trained).names());
  }

  /** All inputs and outputs as the file has them, so that they are those of other engines. */
  private static LoadedModel onnx(OnnxModel model, Backend backend, ModelOptions options) {
    Map<String, Shape> shapes = new HashMap<>();
    for (OnnxInput input : model.inputs()) {
      shapes.put(input.name(), shape(input, options));
    }
    OnnxGraph graph = model.graph(shapes).withIntegers(backend::supports);
    Value first = graph.inputs().values().iterator().next();
    Value result = graph.outputs().values().iterator().next();
    String name = String.valueOf(model.path().getFileName());
    InferenceOptions inference = options.inference();
    Network network =
        Network.of(
            backend,
            new Model(name, graph.graph(), first, result),
            graph.weights(),
            inference.compilation(),
            inference.precision());
    return new LoadedModel(
        PooledNetwork.of(network, graph.inputs(), graph.outputs(), options.sessions()), List.of());
  }

  private static Shape shape(OnnxInput input, ModelOptions options) {
    List<String> extents = input.extents();
    if (extents == null) {
      throw new IllegalArgumentException("the file gives no shape of the " + input);
    }
    int[] dims = new int[extents.size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = input.extent(i);
      if (dims[i] == 0 && i == 0) {
        dims[i] = options.inference().batch();
      } else if (dims[i] == 0 && input.isImages()) {
        dims[i] = options.side() > 0 ? options.side() : SIDE;
      } else if (dims[i] == 0) {
        throw new IllegalArgumentException(
            "%s: the extent %s is open, which is supported of images only"
                .formatted(input, extents.get(i)));
      }
    }
    return Shape.of(dims);
  }
}
