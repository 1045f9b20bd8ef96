package dev.residual.io.weights;

import dev.residual.engine.Backend;
import dev.residual.graph.Graph;
import dev.residual.inference.InferenceOptions;
import dev.residual.inference.Network;
import dev.residual.io.files.FileErrors;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.onnx.OnnxModel;
import dev.residual.io.onnx.OnnxNetwork;
import dev.residual.nn.Head;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network with the weights of a file, for as many classes as the file is for.
 *
 * @param architecture for images of the size that the weights were made for, as far as that is
 *     known
 * @param file where the weights were read
 * @param weights of the network, floats or those of 8-bit integers
 * @param card what the file tells about itself; its classes are as many as the network's, or none
 * @param notes what a user may not have expected of the file, a line each; empty if nothing
 */
public record TrainedModel(
    ImageNetwork architecture, Path file, Weights weights, ModelCard card, List<String> notes) {

  /** Copies the list. */
  public TrainedModel {
    notes = List.copyOf(notes);
  }

  /**
   * Reads weights, and checks that they are those of the network but for the number of classes.
   *
   * @throws IOException in one line naming the file, if it cannot be read, the weights do not fit,
   *     or are not finite
   */
  public static TrainedModel read(ImageNetwork network, Path file) throws IOException {
    return of(network, file, WeightFile.read(file));
  }

  /**
   * Reads weights of the network that the file names: in its metadata, or else by its own name, as
   * {@code resnet18.pth}.
   *
   * @throws IOException in one line naming the file, if it names no network, or as {@link
   *     #read(ImageNetwork, Path)} does
   */
  public static TrainedModel read(Path file) throws IOException {
    WeightFile read = WeightFile.read(file);
    String known = ModelCard.of(read.metadata()).model();
    String own = String.valueOf(file.getFileName());
    String name = known == null ? own.replaceFirst("\\.[^.]*$", "") : known;
    if (!Networks.names().contains(name)) {
      throw FileErrors.in(
          file,
          new IOException(
              ("does not say which network its weights are of: %s is none;"
                      + " TrainedModel.read(network, file) and the option model do")
                  .formatted(FileErrors.quote(name))));
    }
    return of(Networks.named(name), file, read);
  }

  private static TrainedModel of(ImageNetwork network, Path file, WeightFile read)
      throws IOException {
    Weights weights = read.weights();
    if (read.metadata().containsKey(WeightFile.CHECKPOINT)) {
      throw new IOException(
          file + " is the checkpoint of a training: take model.safetensors, which is beside it");
    }
    ModelCard card = ModelCard.of(read.metadata());
    int classes =
        Head.find(network)
            .flatMap(head -> head.classes(weights).stream().boxed().findFirst())
            .orElse(network.classes());
    int side = card.side() > 0 ? card.side() : network.height();
    ImageNetwork fitting = network.classes(classes).input(side, side);
    try {
      check(fitting.inference(1).graph(), weights);
    } catch (IllegalArgumentException e) {
      String name = card.model() == null ? "" : ", but of " + card.model();
      throw new IOException(
          "%s holds no weights of %s%s: %s".formatted(file, network.name(), name, e.getMessage()),
          e);
    }
    for (var entry : weights.tensors().entrySet()) {
      requireFinite(file, entry.getKey(), entry.getValue());
    }
    List<String> notes = new ArrayList<>();
    read.notes().forEach(note -> notes.add(file + ": " + note));
    if (card.model() != null && !card.model().equals(network.name())) {
      notes.add(
          "%s was trained as %s, and is used as %s".formatted(file, card.model(), network.name()));
    }
    boolean known = card.classes().size() == classes;
    List<String> names = known ? card.classes() : List.of();
    return new TrainedModel(
        fitting,
        file,
        weights,
        new ModelCard(
            card.model(),
            known ? card.side() : side,
            names,
            card.normalization(),
            card.transform()),
        notes);
  }

  /**
   * Reads a network of an ONNX file, with its weights.
   *
   * @throws IOException in one line naming the file, if it cannot be read, or holds no weights that
   *     are finite
   * @throws IllegalArgumentException naming the file, if it is no network for images, or not
   *     supported
   */
  public static TrainedModel readOnnx(Path file) throws IOException {
    OnnxNetwork network = OnnxNetwork.of(OnnxModel.read(file));
    Weights weights = network.firstWeights(0);
    for (var entry : weights.tensors().entrySet()) {
      requireFinite(file, entry.getKey(), entry.getValue());
    }
    return new TrainedModel(network, file, weights, ModelCard.of(Map.of()), List.of());
  }

  private static void check(Graph graph, Weights weights) {
    if (QuantizedWeights.isIn(weights)) {
      QuantizedWeights.ofFile(weights).graph(graph);
    } else {
      weights.check(graph);
    }
  }

  private static void requireFinite(Path file, String name, Tensor tensor) throws IOException {
    if (!tensor.isFinite()) {
      throw new IOException(
          "%s: %s holds numbers that are not finite, and so would all results"
              .formatted(file, name));
    }
  }

  /** The transform that the weights were measured with, or what is usual for the image size. */
  public Transform transform() {
    String measured = card.transform();
    return measured == null || architecture.height() != card.side()
        ? Transforms.evaluation(architecture.height(), card.interpolation())
        : Transforms.parse(measured);
  }

  /** Whether convolutions compute with 8-bit integers. */
  public boolean isQuantized() {
    return QuantizedWeights.isIn(weights);
  }

  /** This network for images of another size. */
  public TrainedModel input(int height, int width) {
    return new TrainedModel(architecture.input(height, width), file, weights, card, notes);
  }

  /** So many images a batch, or 1 for a network whose file is for one image at a time. */
  public int batch(int most) {
    try {
      architecture.inference(most);
      return most;
    } catch (IllegalArgumentException e) {
      return 1;
    }
  }

  /**
   * Compiles the network.
   *
   * @throws dev.residual.engine.UnsupportedOpException if the backend lacks an operation on this
   *     processor, as in bf16 or 8-bit integers
   */
  public Network network(Backend backend, InferenceOptions options) {
    return Network.of(backend, architecture, weights, options);
  }
}
