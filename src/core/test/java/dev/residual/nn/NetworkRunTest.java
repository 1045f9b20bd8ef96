package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Session;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks on the reference backend, against logits that PyTorch computed in float64. */
class NetworkRunTest {
  private static final ReferenceBackend BACKEND = new ReferenceBackend();
  private static final ResNet RESNET20 = ResNet.named("resnet20-cifar");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          resnet20-cifar | 8 | 0.8698932697702939 -14.449664916591495 8.42348335147939
          resnet18       | 4 | -32.2855588664524 -12.61949335925776 38.00264767187196
          resnet50       | 4 | 1710.0896302413946 5200.290398465516 3489.4802990646026
          """)
  void inferenceGivesTheLogitsOfPyTorch(String name, int batch, String logits) {
    Model model = ResNet.named(name).model(Mode.INFERENCE, 1, DType.F64);
    Tensor images = FormulaWeights.images(DType.F64, model.images().shape(), batch);
    assertFirst(run(model.graph(), FormulaWeights.of(model.graph()), images), logits);
  }

  @Test
  void trainingGivesTheLogitsOfPyTorch() {
    Model model = RESNET20.model(Mode.TRAINING, 8, DType.F64);
    Tensor images = FormulaWeights.images(DType.F64, model.images().shape(), 8);
    assertFirst(
        run(model.graph(), FormulaWeights.of(model.graph()), images),
        "-1.3110532832407553 -0.3375072223359239 0.051473189845040956");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet20-cifar",
        "resnet20-cifar-b",
        "plain20-cifar",
        "resnet18-c",
        "resnet50-v1",
        "resnet50-v2",
        "resnext50_32x4d",
        "resnetblur18",
        "resnet164-v2-cifar"
      })
  void foldingKeepsTheLogits(String name) {
    Model model = ResNet.named(name).input(32, 32).inference(2);
    Weights weights = FormulaWeights.of(model.graph());
    Tensor images = FormulaWeights.images(DType.F32, model.images().shape(), 2);
    Folded folded = BatchNormFolding.fold(model.graph(), weights);
    assertThat(norms(folded.graph())).isLessThan(norms(model.graph()) / 2);
    double[] expected = run(model.graph(), weights, images).toDoubles();
    double[] actual = run(folded.graph(), folded.weights(), images).toDoubles();
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(largest).isPositive();
    assertThat(actual).containsExactly(expected, within(1e-5 * largest));
  }

  @Test
  void weightsComeBackFromASessionAsTheyWereWritten() {
    Graph graph = RESNET20.inference(1).graph();
    Weights weights = RESNET20.initializer(3).weights(graph);
    try (Session session = BACKEND.compile(graph)) {
      weights.writeTo(session);
      Map<String, Tensor> read = Weights.readFrom(session).tensors();
      assertThat(read.keySet()).containsExactlyElementsOf(weights.tensors().keySet());
      read.forEach(
          (name, tensor) -> assertThat(tensor.toFloats()).isEqualTo(weights.get(name).toFloats()));
    }
  }

  @Test
  void writingConvertsToTheTypeOfTheGraph() {
    Graph graph = RESNET20.inference(1).graph();
    Map<String, Tensor> halves = new LinkedHashMap<>();
    Weights weights = RESNET20.initializer(3).weights(graph);
    weights.tensors().forEach((name, tensor) -> halves.put(name, tensor.to(DType.F16)));
    try (Session session = BACKEND.compile(graph)) {
      new Weights(halves).writeTo(session);
      Tensor read = session.read(graph.value("conv1.weight"));
      assertThat(read.dtype()).isEqualTo(DType.F32);
      assertThat(read.toFloats()).isEqualTo(halves.get("conv1.weight").toFloats());
    }
  }

  @Test
  void chosenValuesAreWrittenAlone() {
    Graph graph = RESNET20.inference(1).graph();
    Value bias = graph.value("linear.bias");
    Weights weights =
        new Weights(
            Map.of(
                "linear.bias",
                Tensor.of(Shape.of(10), new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
                "other",
                Tensor.of(Shape.of(1), 0f)));
    try (Session session = BACKEND.compile(graph)) {
      weights.writeTo(session, List.of(bias));
      assertThat(session.read(bias).get(9)).isEqualTo(10);
      assertThat(Weights.readFrom(session, List.of(bias)).tensors())
          .containsOnlyKeys("linear.bias");
      assertThatThrownBy(() -> weights.writeTo(session))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("conv1.weight 16x3x3x3 is missing");
    }
  }

  private static Tensor run(Graph graph, Weights weights, Tensor images) {
    try (Session session = BACKEND.compile(graph)) {
      weights.writeTo(session);
      session.write(graph.value("images"), images);
      session.run();
      return session.read(graph.value("logits"));
    }
  }

  private static long norms(Graph graph) {
    return graph.ops().stream().filter(BatchNormInference.class::isInstance).count();
  }

  private static void assertFirst(Tensor logits, String expected) {
    String[] numbers = expected.split(" ");
    for (int i = 0; i < numbers.length; i++) {
      double number = Double.parseDouble(numbers[i]);
      assertThat(logits.get(i)).isCloseTo(number, within(1e-9 * Math.abs(number)));
    }
  }
}
