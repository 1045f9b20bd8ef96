package dev.residual.io.onnx;

import dev.residual.io.files.FileErrors;
import dev.residual.io.onnx.format.GraphProto;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.io.onnx.format.ValueInfoProto;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model in an ONNX file, with its weights.
 *
 * <p>Files are taken as hostile: what is wrong with one is an {@link IOException} of one line that
 * names it. What a graph holds and Residual does not compute is refused, with the name of the node,
 * when an {@link OnnxGraph} is made.
 *
 * <p>Tensors of 16-bit floats are computed as F32; whoever runs the graph chooses the precision.
 * Other types than floats are supported for constants, and 8-bit integers where they are quantised
 * numbers.
 */
public final class OnnxModel {
  private final OnnxFile file;
  private final Map<String, Tensor> constants;
  private final Map<String, String> unreadable;
  private final List<OnnxInput> inputs;

  private OnnxModel(
      OnnxFile file,
      Map<String, Tensor> constants,
      Map<String, String> unreadable,
      List<OnnxInput> inputs) {
    this.file = file;
    this.constants = constants;
    this.unreadable = unreadable;
    this.inputs = List.copyOf(inputs);
  }

  /**
   * Reads a file, and the files beside it that hold its weights.
   *
   * @throws IOException in one line naming the file and the reason, if it is missing, malformed, or
   *     of a version that is not read
   */
  public static OnnxModel read(Path path) throws IOException {
    OnnxFile file = OnnxFile.read(path);
    GraphProto graph = file.model().getGraph();
    Map<String, Tensor> constants = new LinkedHashMap<>();
    Map<String, String> unreadable = new LinkedHashMap<>();
    try {
      ExternalData external = ExternalData.beside(path);
      for (TensorProto proto : graph.getInitializerList()) {
        if (OnnxTensors.isReadable(proto)) {
          constants.put(proto.getName(), OnnxTensors.of(proto, external));
        } else {
          unreadable.put(proto.getName(), "has no elements, or none that are numbers");
        }
      }
      List<OnnxInput> inputs = new ArrayList<>();
      for (ValueInfoProto proto : graph.getInputList()) {
        if (!constants.containsKey(proto.getName()) && !unreadable.containsKey(proto.getName())) {
          inputs.add(OnnxInput.of(proto));
        }
      }
      return new OnnxModel(file, constants, unreadable, inputs);
    } catch (IOException | OutOfMemoryError e) {
      throw FileErrors.in(path, e);
    }
  }

  /** The file. */
  public Path path() {
    return file.path();
  }

  /** The inputs that are no weights. */
  public List<OnnxInput> inputs() {
    return inputs;
  }

  /**
   * The graph for inputs of these shapes.
   *
   * @param shapes by name; inputs that are not named have the shape of the file
   * @see #graph(Map, Map)
   */
  public OnnxGraph graph(Map<String, Shape> shapes) {
    return graph(shapes, Map.of());
  }

  /**
   * The graph for inputs of these shapes, of which some are constant.
   *
   * @param shapes by name; inputs that are not named have the shape of the file
   * @param fixed inputs that become constants, by name: sizes and axes, which nodes may want
   * @throws UnsupportedNodeException naming file, node and reason, if the graph holds what is not
   *     supported
   * @throws IllegalArgumentException if a shape is not known, or does not fit
   */
  public OnnxGraph graph(Map<String, Shape> shapes, Map<String, Tensor> fixed) {
    return new GraphReader(file, constants, unreadable, inputs).read(shapes, fixed);
  }
}
