package dev.residual.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import dev.residual.train.Batch;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  private static final int BATCH = 8;

  private final Backend backend = Backends.reference();
  private final Model model = TinyNetwork.inference(BATCH);
  private final SyntheticSource source = new SyntheticSource(1, 2 * BATCH, BATCH);

  /** Fresh weights with uneven scales and shifts, and without statistics. */
  private static Weights bare() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(TinyNetwork.weights(5).tensors());
    tensors.replaceAll(
        (name, tensor) -> {
          float[] numbers = tensor.toFloats();
          for (int i = 0; i < numbers.length; i++) {
            if (name.contains("bn") || name.contains("shortcut.1")) {
              numbers[i] += name.endsWith("weight") || name.endsWith("bias") ? 0.3f * (i + 1) : 0;
            }
          }
          return Tensor.of(tensor.shape(), numbers);
        });
    return new Weights(tensors);
  }

  private double[] logits(Model network, Weights weights) {
    try (Session session = backend.compile(network.graph())) {
      weights.writeTo(session);
      Batch batch = source.batch(0, 0);
      session.write(network.images(), batch.images(), batch.layout());
      session.run();
      return session.read(network.logits()).toDoubles();
    }
  }

  private Weights measured(int batches) {
    return Calibration.measure(backend, CompileOptions.DEFAULT, model, bare(), source, batches);
  }

  @Test
  void theNetworkComputesWhatItDid() {
    double[] before = logits(model, bare());
    double largest = Arrays.stream(before).map(Math::abs).max().orElseThrow();
    assertThat(logits(model, measured(2))).containsExactly(before, Offset.offset(1e-4 * largest));
  }

  @Test
  void statisticsOfTheSameBatchGiveTheSameInTraining() {
    // What it is for: batch normalisation over the batch that was measured changes nothing.
    double[] before = logits(model, bare());
    double largest = Arrays.stream(before).map(Math::abs).max().orElseThrow();
    Model training = TinyNetwork.network().training(BATCH);
    assertThat(logits(training, measured(1)))
        .containsExactly(before, Offset.offset(1e-4 * largest));
    double[] bare = logits(training, bare());
    assertThat(Arrays.stream(bare).map(Math::abs).max().orElseThrow())
        .isNotCloseTo(largest, Offset.offset(0.05 * largest));
  }

  @Test
  void onlyWeightsWithoutStatisticsNeedIt() {
    assertThat(Calibration.isNeeded(model, bare())).isTrue();
    assertThat(Calibration.isNeeded(model, measured(1))).isFalse();
  }
}
