package dev.residual.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.Head;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that compute a value inside of a model instead of its logits. */
class NetworkValuesTest {
  private static final Backend REFERENCE = Backends.reference();
  private static final ResNet RESNET = TinyNetwork.deep();
  private static final Model MODEL = RESNET.inference(2);
  private static final Weights WEIGHTS = FormulaWeights.of(MODEL.graph());
  private static final CompileOptions ONE = new CompileOptions(1);

  /** Three images, for batches of two. */
  private static final Tensor IMAGES = FormulaWeights.images(DType.F32, RESNET.imageShape(3), 3);

  private static Network network(Backend backend, String value, Weights weights) {
    return Network.of(backend, MODEL, value, weights, ONE, DType.F32);
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void everyValueIsThatOfTheUnfoldedGraph(String backend) {
    Model model = RESNET.inference(3);
    List<Value> values = model.graph().values(Role.ACTIVATION);
    assertThat(values).hasSizeGreaterThan(20);
    try (Session session = REFERENCE.compile(new Graph(model.graph().ops(), values))) {
      WEIGHTS.writeTo(session);
      session.write(model.images(), IMAGES);
      session.run();
      for (Value value : values) {
        try (Network network = network(Backends.named(backend), value.name(), WEIGHTS)) {
          Tensor found = network.run(IMAGES);
          assertThat(found.shape()).as(value.name()).isEqualTo(value.shape());
          assertThat(error(found, session.read(value))).as(value.name()).isLessThan(1e-5);
        }
      }
    }
  }

  private static double error(Tensor found, Tensor expected) {
    double error = 0;
    double size = 0;
    for (long i = 0; i < expected.shape().elements(); i++) {
      error += Math.pow(found.get(i) - expected.get(i), 2);
      size += Math.pow(expected.get(i), 2);
    }
    return Math.sqrt(error / size);
  }

  @Test
  void whatComesAfterIsNotComputed() {
    try (Network network = network(REFERENCE, "layer1.0.relu1", WEIGHTS)) {
      assertThat(network.session().graph().ops()).hasSize(2);
      assertThat(network.session().graph().values().stream().map(Value::name))
          .contains("layer1.0.conv1.weight")
          .doesNotContain("layer1.0.conv2.weight", "linear.weight");
      float[] before = network.run(IMAGES).toFloats();
      network.write(WEIGHTS);
      assertThat(network.run(IMAGES).toFloats()).isEqualTo(before);
    }
  }

  @Test
  void integersComputeTheValuesThatTheWholeGraphHas() {
    QuantizedWeights quantized = QuantizedWeights.unmeasured(MODEL.graph(), WEIGHTS);
    Graph whole = quantized.graph(MODEL.graph());
    List<Value> floats =
        whole.values(Role.ACTIVATION).stream().filter(v -> v.dtype() == DType.F32).toList();
    Tensor images = FormulaWeights.images(DType.F32, RESNET.imageShape(2), 3);
    int integers = 0;
    try (Session session = REFERENCE.compile(new Graph(whole.ops(), floats))) {
      quantized.weights().writeTo(session);
      session.write(MODEL.images(), images);
      session.run();
      for (Value value : floats) {
        try (Network network = network(REFERENCE, value.name(), quantized.toFile())) {
          assertThat(network.run(images).toFloats())
              .as(value.name())
              .isEqualTo(session.read(value).toFloats());
          network.write(quantized.toFile());
          integers +=
              (int)
                  network.session().graph().ops().stream()
                      .filter(QuantizedConv2d.class::isInstance)
                      .count();
        }
      }
    }
    assertThat(floats).hasSizeGreaterThan(5);
    assertThat(integers).isPositive();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network(REFERENCE, "layer1.0.bn1", quantized.toFile()))
        .withMessageStartingWith("tiny computes no rows \"layer1.0.bn1\": did you mean layer1.0.");
  }

  @Test
  void namesOfNoValuesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> network(REFERENCE, "flaten", WEIGHTS))
        .withMessageStartingWith("tiny computes no rows \"flaten\": did you mean flatten, ");
    for (String name : List.of("images", "conv1.weight", "")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network(REFERENCE, name, WEIGHTS))
          .withMessageContaining("computes no rows \"" + name + "\"");
    }
  }

  @Test
  void weightsOfAnotherModelAreRefused() {
    ResNet larger = ResNet.named("resnet32-cifar");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Network.of(
                    REFERENCE,
                    ResNet.named("resnet20-cifar").inference(1),
                    "relu",
                    FormulaWeights.of(larger.inference(1).graph()),
                    ONE,
                    DType.F32))
        .withMessageContaining("is unexpected");
  }

  @Test
  void featuresAreWhatTheLastLinearLayerReads() {
    Value features = Head.features(MODEL).orElseThrow();
    assertThat(features.name()).isEqualTo("flatten");
    assertThat(features.shape()).isEqualTo(Shape.of(2, 8));
    Graph part = Graph.needed(MODEL.graph().ops(), List.of(features));
    assertThat(Head.features(MODEL.withGraph(part))).isEmpty();
  }
}
