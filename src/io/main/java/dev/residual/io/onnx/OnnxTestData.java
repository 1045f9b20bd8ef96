package dev.residual.io.onnx;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Inputs and expected outputs of a model, as ONNX keeps them: files {@code input_0.pb} and on, and
 * {@code output_0.pb} and on, in the order of the model's inputs and outputs.
 *
 * @param inputs in order
 * @param outputs in order
 */
public record OnnxTestData(List<Tensor> inputs, List<Tensor> outputs) {
  private static final String SET = "test_data_set_";

  /** Copies the lists. */
  public OnnxTestData {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * The folders of test data that a folder holds: those called {@code test_data_set_0} and on, or
   * itself.
   *
   * @throws IOException if the folder cannot be read
   */
  public static List<Path> folders(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> sets =
          files
              .filter(file -> String.valueOf(file.getFileName()).startsWith(SET))
              .sorted()
              .toList();
      return sets.isEmpty() && Files.exists(folder.resolve("output_0.pb")) ? List.of(folder) : sets;
    }
  }

  /**
   * Reads a folder.
   *
   * @throws IOException naming the file, if one is malformed or there is no output
   */
  public static OnnxTestData read(Path folder) throws IOException {
    List<Tensor> outputs = read(folder, "output_");
    if (outputs.isEmpty()) {
      throw new IOException(folder + ": there is no output_0.pb");
    }
    return new OnnxTestData(read(folder, "input_"), outputs);
  }

  private static List<Tensor> read(Path folder, String name) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    Path file = folder.resolve(name + "0.pb");
    while (Files.exists(file)) {
      tensors.add(OnnxTensors.read(file));
      file = folder.resolve(name + tensors.size() + ".pb");
    }
    return tensors;
  }

  /**
   * Runs a model on the inputs, and compares its outputs with those expected.
   *
   * @param precision of activations, as {@link MixedPrecision#of} takes it
   * @param rtol the part of an expected element that a difference may have
   * @param atol what it may have beside; that times the largest expected element, if it is above 1
   * @throws IllegalArgumentException if the model is not supported, or other inputs and outputs
   *     than these are the model's
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation
   */
  public List<OutputDifference> verify(
      OnnxModel model,
      Backend backend,
      CompileOptions options,
      DType precision,
      double rtol,
      double atol) {
    OnnxGraph graph = model.graph(shapes(model), fixed(model)).withIntegers(backend::supports);
    if (outputs.size() > graph.outputs().size()) {
      throw new IllegalArgumentException(
          "%d outputs are given of a model with %d"
              .formatted(outputs.size(), graph.outputs().size()));
    }
    List<OutputDifference> differences = new ArrayList<>();
    try (Session session =
        backend.compile(
            Fusion.fuse(MixedPrecision.of(graph.graph(), precision), backend::supports), options)) {
      graph.weights().writeTo(session);
      for (int i = 0; i < inputs.size(); i++) {
        Value input = graph.inputs().get(model.inputs().get(i).name());
        if (input != null && session.graph().contains(input)) {
          session.write(input, inputs.get(i).to(input.dtype()));
        }
      }
      session.run();
      int i = 0;
      for (Map.Entry<String, Value> output : graph.outputs().entrySet()) {
        if (i == outputs.size()) {
          break;
        }
        Tensor expected = outputs.get(i++);
        Tensor actual = session.read(output.getValue());
        if (!actual.shape().equals(expected.shape())
            || actual.dtype().isFloating() != expected.dtype().isFloating()) {
          throw new IllegalArgumentException(
              "the output '%s' is %s, expected %s".formatted(output.getKey(), actual, expected));
        }
        differences.add(OutputDifference.of(output.getKey(), expected, actual, rtol, atol));
      }
    }
    return differences;
  }

  /** Integers and single numbers, which are sizes, axes and settings. */
  private Map<String, Tensor> fixed(OnnxModel model) {
    Map<String, Tensor> fixed = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Tensor tensor = inputs.get(i);
      boolean isInteger = tensor.dtype() == DType.I64 || tensor.dtype() == DType.I32;
      if (isInteger || tensor.shape().elements() == 1) {
        fixed.put(model.inputs().get(i).name(), tensor);
      }
    }
    return fixed;
  }

  private Map<String, Shape> shapes(OnnxModel model) {
    if (inputs.size() != model.inputs().size()) {
      throw new IllegalArgumentException(
          "%d inputs are given of a model with %d".formatted(inputs.size(), model.inputs().size()));
    }
    Map<String, Shape> shapes = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      OnnxInput input = model.inputs().get(i);
      boolean isFloating = inputs.get(i).dtype().isFloating();
      if (isFloating != input.dtype().isFloating()) {
        throw new IllegalArgumentException("%s is given as %s".formatted(input, inputs.get(i)));
      }
      shapes.put(input.name(), inputs.get(i).shape());
    }
    return shapes;
  }
}
