package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.RandomInputs;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Session;
import dev.residual.graph.Add;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.Binary;
import dev.residual.graph.Concat;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Eltwise;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.graph.passes.Quantization;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.ActivationStatistics;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChunksTest {
  private static final int BATCH = 8;

  /** Such that the first stage of the network below runs in chunks of two images. */
  private static final long CACHE = 200_000;

  private final ResNet network = ResNet.named("resnet50").input(64, 64).classes(10);
  private final Model model = network.inference(BATCH);
  private final BatchNormFolding.Folded folded =
      BatchNormFolding.fold(model.graph(), network.initializer(2).weights(model.graph()));
  private final Graph fused = Fusion.fuse(folded.graph(), Conv2d.class::isInstance);

  private MemorySegment images(Arena arena) {
    SplittableRandom random = new SplittableRandom(3);
    MemorySegment images = arena.allocate(model.images().bytes(), 64);
    for (long i = 0; i < model.images().shape().elements(); i++) {
      images.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-2, 2));
    }
    return images;
  }

  private Session session(Graph graph, long cache) {
    return OneDnnTarget.compile(graph, new KernelSettings(2, true, Algorithm.allowed(), cache));
  }

  private double[] logits(Session session, MemorySegment images) {
    session.write(model.images(), images, Layout.CHANNELS_LAST);
    session.run();
    return session.read(model.logits()).toDoubles();
  }

  private void requireSameResults(Graph graph, Weights weights, double tolerance) {
    assertThat(Chunks.of(graph, CACHE).count()).isGreaterThan(1);
    try (Arena arena = Arena.ofConfined();
        Session whole = session(graph, 0);
        Session chunked = session(graph, CACHE);
        Session fork = chunked.fork()) {
      weights.writeTo(whole);
      weights.writeTo(chunked);
      MemorySegment images = images(arena);
      double[] expected = logits(whole, images);
      assertClose(logits(chunked, images), expected, tolerance);
      assertClose(logits(fork, images), expected, tolerance);
      fork.bind(model.images(), images);
      fork.run();
      assertClose(fork.read(model.logits()).toDoubles(), expected, tolerance);
      assertThat(chunked.bytes()).isLessThan(whole.bytes());
    }
  }

  private static void assertClose(double[] found, double[] expected, double tolerance) {
    double largest = 0;
    for (double logit : expected) {
      largest = Math.max(largest, Math.abs(logit));
    }
    assertThat(largest).isPositive();
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    }
    assertThat(difference).isLessThanOrEqualTo(tolerance * largest);
  }

  @Test
  void chunksComputeWhatTheWholeBatchDoes() {
    requireSameResults(fused, folded.weights(), 1e-5);
  }

  @Test
  void chunksOfIntegersDoToo() {
    assumeThat(OneDnnRuntime.hasVnni()).as("this processor sums 8-bit products").isTrue();
    Map<String, Double> scales = new HashMap<>();
    Quantization.scaled(fused).forEach(value -> scales.put(value.name(), 1.0 / 32));
    QuantizedWeights quantized =
        QuantizedWeights.of(fused, folded.weights(), ActivationStatistics.of(scales));
    requireSameResults(quantized.graph(fused), quantized.weights(), 1e-5);
  }

  private static final Window ONE = Window.square(1, 1, 0);

  private static Conv2d conv(Value src, @Nullable Value add, Value dst) {
    Shape weights = Shape.of(dst.shape().dim(1), src.shape().dim(1), 1, 1);
    return new Conv2d(
        src, Value.parameter(dst.name() + ".w", weights), null, add, dst, ONE, 1, false);
  }

  private static Value images(String name, int channels) {
    return Value.activation(name, Shape.of(BATCH, channels, 16, 16));
  }

  private void requireReferenceResults(Graph graph) {
    assertThat(Chunks.of(graph, CACHE).count()).isGreaterThan(1);
    Map<Value, Tensor> inputs = RandomInputs.of(graph, 5);
    try (Session chunked = session(graph, CACHE);
        Session reference = new ReferenceBackend().compile(graph)) {
      for (Session session : List.of(chunked, reference)) {
        inputs.forEach(session::write);
        session.run();
      }
      for (Value output : graph.outputs()) {
        assertClose(chunked.read(output).toDoubles(), reference.read(output).toDoubles(), 1e-5);
      }
    }
  }

  @Test
  void theEndOfTheRegionMayBeLargerThanAllBeforeIt() {
    Value src = Value.input("src", Shape.of(BATCH, 3, 16, 16));
    Value a = images("a", 8);
    Value b = images("b", 64);
    requireReferenceResults(new Graph(List.of(conv(src, null, a), conv(a, null, b)), List.of(b)));
  }

  @Test
  void aSumAtTheEndOfTheRegionHasMemoryOfItsOwn() {
    Value src = Value.input("src", Shape.of(BATCH, 3, 16, 16));
    Value a = images("a", 32);
    Value s = images("s", 32);
    Value d = images("d", 32);
    Value e = images("e", 128);
    Value next = images("next", 32);
    Value last = images("last", 32);
    requireReferenceResults(
        new Graph(
            List.of(
                conv(src, null, a),
                conv(src, null, s),
                conv(a, s, d),
                conv(d, null, e),
                new Reshape(d, next),
                new Reshape(e, images("other", 128)),
                new Relu(next, last)),
            List.of(last, images("other", 128))));
  }

  @Test
  void whatReadsAnActivationOfTheRegionDoesNotRunBeforeIt() {
    Value src = Value.input("src", Shape.of(BATCH, 64, 16, 16));
    Value map = Value.parameter("map", src.shape());
    Value a = images("a", 64);
    Value b = images("b", 64);
    Value sum = images("sum", 64);
    Value last = images("last", 64);
    requireReferenceResults(
        new Graph(
            List.of(new Relu(src, a), new Add(a, a, b), new Add(map, b, sum), new Relu(b, last)),
            List.of(sum, last)));
  }

  @Test
  void aBiasMayBeComputed() {
    Value src = Value.input("src", Shape.of(BATCH, 64, 16, 16));
    Value a = images("a", 64);
    Value b = images("b", 64);
    Value last = images("last", 64);
    Value bias = Value.activation("bias", Shape.of(64));
    Conv2d conv = conv(b, null, last);
    requireReferenceResults(
        new Graph(
            List.of(
                new Relu(src, a),
                new Add(a, a, b),
                new Reshape(Value.parameter("biases", Shape.of(8, 8)), bias),
                new Conv2d(b, conv.weights(), bias, null, last, ONE, 1, false)),
            List.of(last)));
  }

  @Test
  void functionsPoolingsAndBroadcastsRunInChunks() {
    Value src = Value.input("src", Shape.of(BATCH, 32, 16, 16));
    Value clipped = images("clipped", 32);
    Value mean = Value.activation("mean", Shape.of(BATCH, 32, 1, 1));
    Value gate = Value.activation("gate", mean.shape());
    Value gated = images("gated", 32);
    Value shifted = images("shifted", 32);
    Value pooled = images("pooled", 32);
    Value joined = images("joined", 64);
    Value channels = Value.parameter("channels", Shape.of(1, 32, 1, 1));
    Graph graph =
        new Graph(
            List.of(
                new Eltwise(src, clipped, Eltwise.Function.CLIP, -0.5, 0.5),
                new GlobalAvgPool(clipped, mean),
                new Eltwise(mean, gate, Eltwise.Function.SIGMOID, 0, 0),
                new Binary(gate, clipped, gated, Binary.Function.MUL),
                new Binary(gated, channels, shifted, Binary.Function.ADD),
                new AvgPool2d(shifted, pooled, Window.square(3, 1, 1), true),
                new Concat(List.of(pooled, shifted), joined)),
            List.of(joined));
    requireReferenceResults(graph);
    assertThat(graph.ops()).allMatch(Chunks.of(graph, CACHE)::contains);
  }

  @Test
  void bf16WithItsCastsOfWeightsRunsWhole() {
    assertThat(Chunks.of(MixedPrecision.of(fused, DType.BF16), CACHE).count()).isZero();
  }

  @Test
  void whatFitsTheCacheRunsWhole() {
    assertThat(Chunks.of(fused, 1L << 30).count()).isZero();
    assertThat(Chunks.of(fused, 0).count()).isZero();
    Model one = network.inference(1);
    assertThat(Chunks.of(BatchNormFolding.fold(one.graph()), CACHE).count()).isZero();
  }

  @Test
  void valuesAtTheBordersAreHeldForTheWholeBatch() {
    Chunks chunks = Chunks.of(fused, CACHE);
    assertThat(chunks.borders()).containsKey(model.images());
    assertThat(chunks.isInner(model.images())).isFalse();
    assertThat(chunks.isInner(fused.ops().getFirst().outputs().getFirst())).isTrue();
    List<DType> types = chunks.borders().values().stream().map(v -> v.dtype()).distinct().toList();
    assertThat(types).containsExactly(DType.F32);
  }
}
