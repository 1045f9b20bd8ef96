package dev.residual.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.Binary;
import dev.residual.graph.Concat;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Eltwise;
import dev.residual.graph.Eltwise.Function;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Pad;
import dev.residual.graph.Reshape;
import dev.residual.graph.Slice;
import dev.residual.graph.Softmax;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.inference.FoldedModel;
import dev.residual.inference.Network;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is read again: the same tensors bit for bit, and logits but for rounding. */
class OnnxWriterTest {
  private static final int BATCH = 2;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"resnet20-cifar", "resnet20-cifar-b", "resnet164-v2-cifar", "resnet18"})
  void networksComeBack(String name) throws IOException {
    ResNet network = ResNet.named(name).input(32, 32);
    Model model = network.inference(BATCH);
    requireSame(model, network.initializer(3).weights(model.graph()));
  }

  @Test
  void foldedAndFusedNetworksComeBack() throws IOException {
    Model model = ResNet.named("resnet20-cifar").inference(BATCH);
    Weights weights = ResNet.named("resnet20-cifar").initializer(3).weights(model.graph());
    FoldedModel folded = FoldedModel.of(model, weights);
    requireSame(folded.model(), folded.weights());
  }

  @Test
  void operationsOfOtherNetworksComeBack() throws IOException {
    Model model = zoo();
    requireSame(model, random(model, 5));
  }

  @Test
  void whatOneFileCannotHoldLiesBesideIt() throws IOException {
    Model model = zoo();
    Weights weights = random(model, 5);
    Path file = folder.resolve("zoo.onnx");
    OnnxWriter.write(file, model, weights, 0);
    assertThat(folder.resolve("zoo.onnx.data")).exists();
    assertThat(Files.size(file)).isLessThan(Files.size(folder.resolve("zoo.onnx.data")));
    requireSame(read(file, model), model, weights);
  }

  @Test
  void integersOfEightBitsAreWrittenWithTheirScales() throws IOException {
    ResNet network = ResNet.named("resnet20-cifar");
    Model model = network.inference(BATCH);
    Weights trained = network.initializer(3).weights(model.graph());
    Weights integers = QuantizedWeights.unmeasured(model.graph(), trained).toFile();
    Path file = folder.resolve("int8.onnx");
    OnnxWriter.write(file, model, integers);
    QuantizedWeights quantized = QuantizedWeights.ofFile(integers);
    Tensor images = images(model);
    float[] expected =
        run(model.withGraph(quantized.graph(model.graph())), quantized.weights(), images);
    OnnxGraph read = read(file, model);
    float[] found = run(model.withGraph(read.graph()), read.weights(), images);
    // Rounded sums may fall to either side.
    requireClose(found, expected, 0.02f);
  }

  @Test
  void trainingIsRefused() {
    Model model = ResNet.named("resnet20-cifar").training(BATCH);
    Weights weights = ResNet.named("resnet20-cifar").initializer(3).weights(model.graph());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OnnxWriter.write(folder.resolve("x.onnx"), model, weights))
        .withMessageContainingAll("BatchNorm", "inference mode");
    assertThat(folder).isEmptyDirectory();
  }

  private void requireSame(Model model, Weights weights) throws IOException {
    Path file = folder.resolve("model.onnx");
    OnnxWriter.write(file, model, weights);
    requireSame(read(file, model), model, weights);
  }

  private static OnnxGraph read(Path file, Model model) throws IOException {
    return OnnxModel.read(file).graph(Map.of(model.images().name(), model.images().shape()));
  }

  private static void requireSame(OnnxGraph read, Model model, Weights weights) {
    assertThat(read.inputs()).containsOnlyKeys(model.images().name());
    assertThat(read.outputs()).containsOnlyKeys(model.logits().name());
    for (Value parameter : Weights.values(model.graph())) {
      Tensor expected = weights.get(parameter.name());
      Tensor found = read.weights().get(parameter.name());
      assertThat(found.shape()).as(parameter.name()).isEqualTo(expected.shape());
      assertThat(found.data().mismatch(expected.data())).as(parameter.name()).isEqualTo(-1);
    }
    Tensor images = images(model);
    float[] expected = run(model, weights, images);
    float[] found = run(model.withGraph(read.graph()), read.weights(), images);
    requireClose(found, expected, 1e-5f);
  }

  /** Shortcuts without parameters are fused otherwise when they are read, so that sums differ. */
  private static void requireClose(float[] found, float[] expected, float tolerance) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      float most = tolerance * (1 + Math.abs(expected[i]));
      assertThat(found[i]).as("logit %d", i).isCloseTo(expected[i], Offset.offset(most));
    }
  }

  private static float[] run(Model model, Weights weights, Tensor images) {
    CompileOptions options = CompileOptions.DEFAULT.withMeasured(false);
    try (Network network = Network.of(Backends.cpu(), model, weights, options, DType.F32)) {
      return network.run(images).toFloats();
    }
  }

  private static Tensor images(Model model) {
    return filled(model.images(), new Random(9));
  }

  private static Weights random(Model model, long seed) {
    Random random = new Random(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Value value : Weights.values(model.graph())) {
      tensors.put(value.name(), filled(value, random));
    }
    return new Weights(tensors);
  }

  private static Tensor filled(Value value, Random random) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (long i = 0; i < value.shape().elements(); i++) {
      tensor.set(i, random.nextGaussian());
    }
    return tensor;
  }

  /** A model with each operation that ResNets lack. */
  private static Model zoo() {
    Value images = Value.input("images", Shape.of(BATCH, 3, 9, 9));
    List<Op> ops = new ArrayList<>();
    Conv2d conv = Conv2d.of("conv", images, 8, Window.square(3, 1, 1)).withBias();
    ops.add(conv);
    Value x = conv.dst();
    x = eltwise(ops, "clip", x, Function.CLIP, -1, Double.POSITIVE_INFINITY);
    x = eltwise(ops, "clip6", x, Function.CLIP, -1, 6);
    x = eltwise(ops, "leaky", x, Function.LEAKY_RELU, 0.25, 0);
    x = eltwise(ops, "swish", x, Function.HARD_SWISH, 0.25, 0.5);
    x = eltwise(ops, "silu", x, Function.SWISH, 0, 0);
    x = eltwise(ops, "gelu", x, Function.GELU, 0, 0);
    x = eltwise(ops, "scaled", x, Function.LINEAR, 3, 0);
    x = eltwise(ops, "linear", x, Function.LINEAR, -2, 0.5);
    x = add(ops, new LocalResponseNorm(x, like("lrn", x), 3, 0.5, 0.75, 2));
    Value gate = add(ops, new GlobalAvgPool(x, value("squeeze", BATCH, 8, 1, 1)));
    gate = eltwise(ops, "sigmoid", gate, Function.SIGMOID, 0, 0);
    gate = eltwise(ops, "hard", gate, Function.HARD_SIGMOID, 0.5, 0.25);
    for (Binary.Function function : Binary.Function.values()) {
      x = add(ops, new Binary(x, gate, like("binary." + function, x), function));
    }
    x = add(ops, new Transpose(x, value("turned", BATCH, 9, 8, 9), List.of(0, 2, 1, 3)));
    x = add(ops, new Transpose(x, value("back", BATCH, 8, 9, 9), List.of(0, 2, 1, 3)));
    x =
        add(
            ops,
            new Slice(
                x, value("slice", BATCH, 4, 9, 5), List.of(0, 7, 0, 0), List.of(1, -2, 1, 2)));
    x = add(ops, new Pad(x, value("edge", BATCH, 4, 11, 7), List.of(0, 0, 1, 1), Pad.Mode.EDGE, 0));
    x =
        add(
            ops,
            new Pad(
                x, value("pad", BATCH, 4, 12, 7), List.of(0, 0, 1, 0), Pad.Mode.CONSTANT, -0.5));
    Window window = Window.square(3, 2, 1);
    Value most = add(ops, MaxPool2d.of("max", x, window));
    Value mean = value("mean", BATCH, 4, 6, 4);
    ops.add(new AvgPool2d(x, mean, window, true));
    x = add(ops, new Concat(List.of(most, mean), value("joined", BATCH, 8, 6, 4)));
    x = add(ops, new Reshape(x, value("flat", BATCH, 192)));
    Value weights = Value.parameter("fc.weight", Shape.of(5, 192));
    Linear linear =
        new Linear(x, weights, Value.parameter("fc.bias", Shape.of(5)), value("fc", BATCH, 5));
    ops.add(linear);
    Value logits = value("logits", BATCH, 5);
    ops.add(new Softmax(linear.dst(), logits, 1, true));
    return new Model("zoo", new Graph(ops, List.of(logits)), images, logits);
  }

  private static Value add(List<Op> ops, Op op) {
    ops.add(op);
    return op.outputs().getFirst();
  }

  private static Value eltwise(
      List<Op> ops, String name, Value src, Function function, double alpha, double beta) {
    return add(ops, new Eltwise(src, like(name, src), function, alpha, beta));
  }

  private static Value like(String name, Value value) {
    return Value.activation(name, value.shape());
  }

  private static Value value(String name, int... dims) {
    return Value.activation(name, Shape.of(dims));
  }
}
