package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Fusion;
import dev.residual.graph.Graph;
import dev.residual.nn.ActivationStatistics;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Model;
import dev.residual.nn.QuantizedWeights;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ActivationCalibrationTest {
  private static final int BATCH = 2;

  private final ReferenceBackend backend = new ReferenceBackend();
  private final Model model = TinyNetwork.inference(BATCH);
  private final BatchNormFolding.Folded folded =
      BatchNormFolding.fold(model.graph(), TinyNetwork.weights(3));
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
    assertThat(file.get("conv1.weight").dtype()).isEqualTo(DType.S8);
    QuantizedWeights read = QuantizedWeights.ofFile(file);
    assertThat(read.weights().tensors()).isEqualTo(quantized.weights().tensors());
    assertThat(read.scales().keySet()).isEqualTo(quantized.scales().keySet());
    assertThat(logits(read.graph(fused), read.weights()))
        .isEqualTo(logits(quantized.graph(fused), quantized.weights()));
  }

  @Test
  void kernelsUseTheWholeRangeOfEachChannel() {
    QuantizedWeights quantized = QuantizedWeights.of(fused, folded.weights(), measure());
    Tensor kernels = quantized.weights().get("conv1.weight");
    int elements = (int) kernels.shape().elements() / kernels.shape().dim(0);
    for (int o = 0; o < kernels.shape().dim(0); o++) {
      double largest = 0;
      for (int i = 0; i < elements; i++) {
        largest = Math.max(largest, Math.abs(kernels.get(o * elements + i)));
      }
      assertThat(largest).isEqualTo(127);
    }
  }

  @Test
  void weightsWithoutStatisticsAreRefused() {
    assertThatThrownBy(
            () ->
                QuantizedWeights.of(
                    fused, folded.weights(), new ActivationStatistics(Map.of(), Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no scale for");
  }
}
