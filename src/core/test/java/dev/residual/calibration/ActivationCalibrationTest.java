package dev.residual.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.Quantization;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Initializer;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.quantization.ActivationStatistics;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.Batch;
import dev.residual.train.BatchSource;
import dev.residual.train.Batches;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ActivationCalibrationTest {
  private static final int BATCH = 2;

  private final ReferenceBackend backend = new ReferenceBackend();
  private final Model model = TinyNetwork.deep().model(Mode.INFERENCE, BATCH, DType.F32);
  private final BatchNormFolding.Folded folded =
      BatchNormFolding.fold(
          model.graph(), new Initializer(Initializer.Fan.IN, 3).weights(model.graph()));
  private final Graph fused = Fusion.fuse(folded.graph(), Conv2d.class::isInstance);
  private final Model used = new Model(model.name(), fused, model.images(), model.logits());

  private ActivationStatistics measure() {
    BatchSource source = new SyntheticSource(10, 8, BATCH);
    return ActivationCalibration.measure(
        backend, CompileOptions.DEFAULT, used, folded.weights(), source, 4);
  }

  private double[] logits(Graph graph, Weights weights) {
    try (Session session = backend.compile(graph);
        Batches batches = new SyntheticSource(10, 8, BATCH).epoch(0, 0)) {
      weights.writeTo(session);
      Batch batch = Objects.requireNonNull(batches.next());
      session.write(model.images(), batch.images(), batch.layout());
      session.run();
      return session.read(model.logits()).toDoubles();
    }
  }

  @Test
  void theQuantisedNetworkComputesNearlyTheSame() {
    QuantizedWeights quantized = QuantizedWeights.of(fused, folded.weights(), measure());
    double[] expected = logits(fused, folded.weights());
    double[] found = logits(quantized.graph(fused), quantized.weights());
    double error = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(found[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    assertThat(Math.sqrt(error / size)).isBetween(1e-6, 0.1);
  }

  @Test
  void aFileHoldsAllOfIt() {
    QuantizedWeights quantized = QuantizedWeights.of(fused, folded.weights(), measure());
    Weights file = quantized.toFile();
    assertThat(QuantizedWeights.isIn(file)).isTrue();
    assertThat(QuantizedWeights.isIn(folded.weights())).isFalse();
    assertThat(file.get("conv1.weight").dtype()).isEqualTo(DType.F32);
    assertThat(file.get("layer1.1.conv1.weight").dtype()).isEqualTo(DType.S8);
    QuantizedWeights read = QuantizedWeights.ofFile(file);
    assertThat(read.weights().tensors()).isEqualTo(quantized.weights().tensors());
    assertThat(read.scales().keySet()).isEqualTo(quantized.scales().keySet());
    assertThat(logits(read.graph(fused), read.weights()))
        .isEqualTo(logits(quantized.graph(fused), quantized.weights()));
  }

  @Test
  void productsAreThoseOfNeighboursInTheImages() {
    Tensor products = Objects.requireNonNull(measure().products().get("layer1.1.conv2.weight"));
    Value src = Quantization.convolutions(fused).get(1).src();
    assertThat(products.shape()).isEqualTo(Shape.of(4, 4, 5, 5));
    double[] expected = new double[(int) products.shape().elements()];
    try (Session session = backend.compile(new Graph(fused.ops(), List.of(src)));
        Batches batches = new SyntheticSource(10, 8, BATCH).epoch(0, 0)) {
      folded.weights().writeTo(session);
      for (int b = 0; b < 4; b++) {
        Batch batch = Objects.requireNonNull(batches.next());
        session.write(model.images(), batch.images(), batch.layout());
        session.run();
        addProducts(session.read(src), expected);
      }
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat(products.get(i)).isCloseTo(expected[i], Offset.offset(1e-3 * expected[12]));
    }
  }

  /** Of each element (c, y, x) with that of channel d which lies (v, u) from it. */
  private static void addProducts(Tensor images, double[] sums) {
    int side = images.shape().dim(2);
    int pixels = side * side;
    for (int at = 0; at < images.shape().elements(); at++) {
      int y = at / side % side;
      int x = at % side;
      int c = at / pixels % 4;
      int image = at / pixels / 4;
      for (int i = 0; i < 100; i++) {
        int v = i / 5 % 5 - 2;
        int u = i % 5 - 2;
        if (y + v >= 0 && y + v < side && x + u >= 0 && x + u < side) {
          long other = (long) (image * 4 + i / 25) * pixels + (y + v) * side + x + u;
          sums[c * 100 + i] += images.get(at) * images.get(other);
        }
      }
    }
  }

  @Test
  void kernelsUseTheWholeRangeOfEachChannel() {
    QuantizedWeights quantized = QuantizedWeights.of(fused, folded.weights(), measure());
    Tensor kernels = quantized.weights().get("layer1.1.conv1.weight");
    int elements = (int) kernels.shape().elements() / kernels.shape().dim(0);
    for (int o = 0; o < kernels.shape().dim(0); o++) {
      double largest = 0;
      for (int i = 0; i < elements; i++) {
        largest = Math.max(largest, Math.abs(kernels.get(o * elements + i)));
      }
      assertThat(largest).isBetween(126.0, 127.0);
    }
  }

  @Test
  void weightsWithoutStatisticsAreRefused() {
    assertThatThrownBy(
            () -> QuantizedWeights.of(fused, folded.weights(), ActivationStatistics.of(Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no scale for");
  }
}
