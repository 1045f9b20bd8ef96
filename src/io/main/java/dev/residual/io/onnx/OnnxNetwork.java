package dev.residual.io.onnx;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.nn.Head;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network of an ONNX file that tells what images show: it has one input of images, n c h w, and
 * its first output is n classes.
 *
 * @param file the file
 * @param classes the number of classes
 * @param height of an image
 * @param width of an image
 */
public record OnnxNetwork(OnnxModel file, int classes, int height, int width)
    implements ImageNetwork {
  /** Where the file leaves the size open. */
  private static final int SIDE = 224;

  private static final double MOMENTUM = 0.1;

  /**
   * The network of a file, for images of the size that the file gives, or of 224x224.
   *
   * @throws IllegalArgumentException naming the file, if it is no network for images, or not
   *     supported
   */
  public static OnnxNetwork of(OnnxModel file) {
    OnnxInput images = images(file);
    int rows = rows(images);
    int height = images.extent(rows) > 0 ? images.extent(rows) : SIDE;
    int width = images.extent(rows + 1) > 0 ? images.extent(rows + 1) : SIDE;
    OnnxNetwork network = new OnnxNetwork(file, 0, height, width);
    int classes = network.model(network.batch()).logits().shape().dim(1);
    return new OnnxNetwork(file, classes, height, width);
  }

  /** The place of the height among the extents. */
  private static int rows(OnnxInput images) {
    return images.isChannelsLast() ? 1 : 2;
  }

  /** The size of batches that the file gives, or 1. */
  private int batch() {
    return Math.max(1, images(file).extent(0));
  }

  private static OnnxInput images(OnnxModel file) {
    List<OnnxInput> inputs = file.inputs();
    if (inputs.size() != 1 || !inputs.getFirst().isImages()) {
      throw new IllegalArgumentException(
          "%s: the inputs are %s, expected one of images, n c h w".formatted(file.path(), inputs));
    }
    return inputs.getFirst();
  }

  /** The name of the file. */
  @Override
  public String name() {
    return String.valueOf(file.path().getFileName());
  }

  @Override
  public OnnxNetwork classes(int other) {
    OnnxNetwork network = new OnnxNetwork(file, other, height, width);
    if (other != classes) {
      network.inference(batch());
    }
    return network;
  }

  @Override
  public OnnxNetwork input(int otherHeight, int otherWidth) {
    OnnxNetwork network = new OnnxNetwork(file, classes, otherHeight, otherWidth);
    if (otherHeight != height || otherWidth != width) {
      network.inference(batch());
    }
    return network;
  }

  @Override
  public Model inference(int batch) {
    Model model = model(batch);
    return model.logits().shape().dim(1) == classes ? model : withHead(model);
  }

  @Override
  public Model training(int batch) {
    Model model = inference(batch);
    List<Op> ops = new ArrayList<>();
    for (Op op : model.graph().ops()) {
      ops.add(op instanceof BatchNormInference norm ? ofBatch(norm) : op);
    }
    return model.withGraph(new Graph(ops, model.graph().outputs()));
  }

  private static Op ofBatch(BatchNormInference norm) {
    Shape channels = norm.mean().shape();
    return new BatchNorm(
        norm.src(),
        norm.scale(),
        norm.shift(),
        norm.mean(),
        norm.variance(),
        null,
        norm.dst(),
        Value.activation(norm.dst().name() + ".batch_mean", channels),
        Value.activation(norm.dst().name() + ".batch_variance", channels),
        null,
        norm.epsilon(),
        MOMENTUM,
        false);
  }

  /** The weights of the file; with another number of classes, those of the last layer are drawn. */
  @Override
  public Weights firstWeights(long seed) {
    OnnxNetwork original = of(file);
    Weights weights = graph(batch()).weights();
    if (original.classes == classes) {
      return kept(weights);
    }
    return Head.of(this).replace(kept(weights), Head.drawn(this, seed));
  }

  /** Without the weights of what is left out behind the logits. */
  private Weights kept(Weights weights) {
    return weights.of(model(batch()).graph());
  }

  @Override
  public boolean isTrained() {
    return true;
  }

  private OnnxGraph graph(int batch) {
    OnnxInput images = images(file);
    int rows = rows(images);
    Map<Integer, Integer> extents = Map.of(0, batch, rows, height, rows + 1, width);
    return file.graph(Map.of(images.name(), images.shape(extents))).withIntegers(op -> true);
  }

  /** The network with the classes of the file. */
  private Model model(int batch) {
    try {
      return ImageModel.of(name(), graph(batch), batch);
    } catch (IllegalArgumentException e) {
      boolean isOther = batch != batch() && images(file).extent(0) > 0;
      String hint =
          isOther
              ? "; the file is for batches of %d: give that many, or export it with any number"
                  .formatted(batch())
              : "";
      if (e instanceof UnsupportedNodeException) {
        throw new UnsupportedNodeException(e.getMessage() + hint, e);
      }
      throw new IllegalArgumentException(file.path() + ": " + e.getMessage() + hint, e);
    }
  }

  /** A model with another number of outputs of its last operation. */
  private Model withHead(Model model) {
    List<Op> ops = new ArrayList<>(model.graph().ops());
    if (!(ops.getLast() instanceof Linear linear) || !linear.dst().equals(model.logits())) {
      throw new IllegalArgumentException(
          "%s is for %d classes: it cannot have %d, since it does not end in a linear layer"
              .formatted(file.path(), model.logits().shape().dim(1), classes));
    }
    Value weights = linear.weights();
    Value bias = linear.bias();
    Value logits = Value.activation(model.logits().name(), model.logits().shape().with(1, classes));
    ops.set(
        ops.size() - 1,
        new Linear(
            linear.src(),
            Value.parameter(weights.name(), weights.shape().with(0, classes)),
            bias == null ? null : Value.parameter(bias.name(), Shape.of(classes)),
            logits));
    return new Model(model.name(), new Graph(ops, List.of(logits)), model.images(), logits);
  }
}
