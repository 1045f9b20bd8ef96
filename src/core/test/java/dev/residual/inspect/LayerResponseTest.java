package dev.residual.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LayerResponseTest {
  private static final int BATCH = 4;
  private static final int IMAGES = 10;

  /** The last batch is not full: what is not there does not count. */
  @Test
  void deviationsAreThoseOfAllNumbersOfAllImages() {
    SyntheticSource source = new SyntheticSource(5, IMAGES, BATCH);
    List<Integer> progress = new ArrayList<>();
    List<LayerResponse> responses =
        LayerResponse.of(
            Backends.reference(),
            TinyNetwork.inference(BATCH),
            TinyNetwork.weights(3),
            CompileOptions.DEFAULT,
            source,
            progress::add);
    assertThat(progress).containsExactly(4, 8, 10);

    Model one = TinyNetwork.inference(1);
    List<Value> layers = Anatomy.of(one).layers();
    assertThat(responses)
        .extracting(LayerResponse::layer)
        .isEqualTo(layers.stream().map(Value::name).toList())
        .hasSize(5);
    List<List<Double>> numbers = new ArrayList<>();
    layers.forEach(layer -> numbers.add(new ArrayList<>()));
    try (Probe probe =
        new Probe(
            Backends.reference(), one, layers, TinyNetwork.weights(3), CompileOptions.DEFAULT)) {
      for (int i = 0; i < IMAGES; i++) {
        long bytes = one.images().bytes();
        MemorySegment image = source.batch(0, i / BATCH).images().asSlice(i % BATCH * bytes, bytes);
        Map<Value, Tensor> computed = probe.run(image, Layout.ROW_MAJOR);
        for (int layer = 0; layer < layers.size(); layer++) {
          for (double number : computed.get(layers.get(layer)).toDoubles()) {
            numbers.get(layer).add(number);
          }
        }
      }
    }
    for (int layer = 0; layer < layers.size(); layer++) {
      List<Double> all = numbers.get(layer);
      double mean = all.stream().mapToDouble(n -> n).average().orElseThrow();
      double variance =
          all.stream().mapToDouble(n -> (n - mean) * (n - mean)).average().orElseThrow();
      assertThat(responses.get(layer).deviation())
          .isCloseTo(Math.sqrt(variance), Offset.offset(1e-5));
    }
  }
}
