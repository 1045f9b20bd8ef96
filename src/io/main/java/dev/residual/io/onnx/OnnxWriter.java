package dev.residual.io.onnx;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.io.files.AtomicFile;
import dev.residual.io.onnx.format.ModelProto;
import dev.residual.io.onnx.format.OperatorSetIdProto;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes models for inference as ONNX files, which ONNX Runtime and others run.
 *
 * <p>Images and logits keep their names, and get a batch of any size. Parameters are initializers
 * of their names. A model with 8-bit weights is written with pairs of QuantizeLinear and
 * DequantizeLinear. What exceeds the two gigabytes that a file can have goes to a file beside it,
 * {@code NAME.data}.
 */
public final class OnnxWriter {
  /** The operator set: the first that has Gelu. */
  static final long OPSET = 20;

  private static final long IR_VERSION = 9;

  private OnnxWriter() {}

  /**
   * Writes a model with its weights; the file is replaced as a whole or not at all.
   *
   * @param model in inference mode, its activations F32; folded or not
   * @param weights of the model, or those of 8-bit integers, as {@link QuantizedWeights#toFile}
   *     makes them
   * @throws IllegalArgumentException if the weights are those of another model, or the model has an
   *     operation that ONNX lacks, as those of training
   * @throws IOException naming the file, if it cannot be written
   */
  public static void write(Path file, Model model, Weights weights) throws IOException {
    write(file, model, weights, ExternalWriter.MOST_BYTES);
  }

  /** As above, with another limit of the bytes of weights that the file itself holds. */
  static void write(Path file, Model model, Weights weights, long most) throws IOException {
    Graph graph = model.graph();
    Weights written = weights;
    if (QuantizedWeights.isIn(weights)) {
      QuantizedWeights quantized = QuantizedWeights.ofFile(weights);
      graph = quantized.graph(graph);
      written = quantized.weights();
    }
    written.check(graph);
    GraphWriter nodes = new GraphWriter(model.name());
    nodes.input(model.images());
    nodes.output(model.logits());
    for (Op op : graph.ops()) {
      OpWriter.write(nodes, op);
    }
    ExternalWriter data = ExternalWriter.of(file, Weights.values(graph), most);
    for (Value value : Weights.values(graph)) {
      nodes.initializer(data.tensor(value, written.get(value.name()).to(value.dtype())));
    }
    data.write();
    ModelProto proto =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("Residual")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
            .setGraph(nodes.graph())
            .build();
    AtomicFile.write(file, proto::writeTo);
  }
}
