package dev.residual.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.calibration.ActivationCalibration;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {
  private static final Backend REFERENCE = Backends.reference();

  /** Blocks that are quantised. */
  private static final ResNet RESNET = TinyNetwork.deep();

  private static final Weights WEIGHTS = FormulaWeights.of(RESNET.inference(1).graph());

  /** Three images, for batches of two. */
  private static final Tensor IMAGES = FormulaWeights.images(DType.F32, RESNET.imageShape(3), 3);

  private static final InferenceOptions TWO = InferenceOptions.DEFAULT.withBatch(2).withThreads(1);

  /** The logits of the graph as it is built: nothing folded, nothing fused. */
  private static double[] expected() {
    Model model = RESNET.inference(3);
    try (Session session = REFERENCE.compile(model.graph())) {
      WEIGHTS.writeTo(session);
      session.write(model.images(), IMAGES);
      session.run();
      return session.read(model.logits()).toDoubles();
    }
  }

  private static double error(Tensor found) {
    double[] expected = expected();
    assertThat(found.shape()).isEqualTo(Shape.of(3, TinyNetwork.CLASSES));
    double error = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(found.get(i) - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / size);
  }

  @ParameterizedTest
  @CsvSource({
    "reference, F32, 1e-5",
    "cpu, F32, 1e-5",
    "reference, BF16, 0.05",
    "cpu, BF16, 0.05",
    "reference, F16, 0.01"
  })
  void computesWhatTheUnfoldedGraphDoes(String backend, DType precision, double tolerance) {
    if (backend.equals("cpu") && precision == DType.BF16) {
      assumeThat(CpuRuntime.load().bf16()).isTrue();
    }
    try (Network network =
        Network.of(Backends.named(backend), RESNET, WEIGHTS, TWO.withPrecision(precision))) {
      assertThat(error(network.run(IMAGES))).isLessThan(tolerance);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void imagesOfAnyMemoryAndLayoutGiveTheSame(String backend) {
    float[] first = IMAGES.toFloats();
    float[] last = new float[first.length];
    int channels = IMAGES.shape().dim(1);
    int positions = IMAGES.shape().dim(2) * IMAGES.shape().dim(3);
    for (int i = 0; i < first.length; i++) {
      int image = i / (channels * positions);
      last[(image * positions + i % positions) * channels + i / positions % channels] = first[i];
    }
    try (Network network = Network.of(Backends.named(backend), RESNET, WEIGHTS, TWO);
        Arena arena = Arena.ofConfined()) {
      float[] expected = network.run(IMAGES).toFloats();
      MemorySegment array = MemorySegment.ofArray(last);
      MemorySegment skewed = arena.allocate(4L * last.length + 2).asSlice(2).copyFrom(array);
      ByteBuffer buffer = ByteBuffer.allocateDirect(4 * last.length).order(ByteOrder.nativeOrder());
      buffer.asFloatBuffer().put(last);
      for (MemorySegment images :
          List.of(array, array.asReadOnly(), skewed, MemorySegment.ofBuffer(buffer))) {
        assertThat(network.run(images, Layout.CHANNELS_LAST).toFloats()).isEqualTo(expected);
      }
      MemorySegment rows = arena.allocate(4L * first.length + 1).asSlice(1);
      rows.copyFrom(MemorySegment.ofArray(first));
      assertThat(network.run(rows, Layout.ROW_MAJOR).toFloats()).isEqualTo(expected);
      for (MemorySegment wrong : List.of(array.asSlice(4), MemorySegment.NULL)) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> network.run(wrong, Layout.CHANNELS_LAST))
            .withMessageContaining("no whole images");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void eightBitWeightsComputeInIntegersAndNearlyTheSame(String backend) {
    if (backend.equals("cpu")) {
      assumeThat(CpuRuntime.load().int8()).isTrue();
    }
    Model model = RESNET.inference(2);
    QuantizedWeights quantized =
        QuantizedWeights.of(
            model.graph(),
            WEIGHTS,
            ActivationCalibration.measure(
                REFERENCE,
                CompileOptions.DEFAULT,
                model,
                WEIGHTS,
                new SyntheticSource(10, 8, 2),
                4));
    try (Network network = Network.of(Backends.named(backend), RESNET, quantized.toFile(), TWO)) {
      assertThat(kinds(network)).contains(QuantizedConv2d.class);
      assertThat(error(network.run(IMAGES))).isBetween(1e-6, 0.2);
      Tensor before = network.run(IMAGES);
      network.write(quantized.toFile());
      assertThat(network.run(IMAGES).toFloats()).isEqualTo(before.toFloats());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.write(WEIGHTS))
          .withMessageContaining("the weights are floats");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> network.write(QuantizedWeights.unmeasured(model.graph(), WEIGHTS).toFile()))
          .withMessageContaining("other scales");
    }
  }

  private static java.util.List<Class<? extends Op>> kinds(Network network) {
    return network.session().graph().ops().stream().<Class<? extends Op>>map(Op::getClass).toList();
  }

  @Test
  void normsAreFoldedAndEpiloguesFused() {
    try (Network network = Network.of(Backends.cpu(), RESNET, WEIGHTS, TWO)) {
      assertThat(kinds(network).stream().map(Class::getSimpleName))
          .doesNotContain("BatchNormInference", "Relu");
      assertThat(network.session().graph().ops().stream().filter(Conv2d.class::isInstance))
          .anyMatch(op -> ((Conv2d) op).relu() && ((Conv2d) op).add() != null);
    }
  }

  @Test
  void weightsAreReplacedAndShared() throws Exception {
    try (Network network =
        Network.unwritten(REFERENCE, RESNET.inference(2), CompileOptions.DEFAULT, DType.F32)) {
      assertThat(network.run(IMAGES).toFloats()).containsOnly(0);
      try (Network fork = network.fork()) {
        network.write(WEIGHTS);
        Tensor logits = CompletableFuture.supplyAsync(() -> fork.run(IMAGES)).get();
        assertThat(error(logits)).isLessThan(1e-5);
        assertThat(network.run(IMAGES).toFloats()).isEqualTo(logits.toFloats());
      }
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  network.write(
                      QuantizedWeights.unmeasured(RESNET.inference(1).graph(), WEIGHTS).toFile()))
          .withMessageContaining("the network computes with floats");
    }
  }

  @Test
  void arraysTensorsMemoryAndPoolsGiveTheSameLogits() {
    try (Network network = Network.of(Backends.cpu(), RESNET, WEIGHTS, TWO)) {
      float[] images = IMAGES.toFloats();
      float[] logits = network.run(images);
      assertThat(logits).isEqualTo(network.run(IMAGES).toFloats());
      float[] batch = new float[2 * TinyNetwork.CLASSES];
      MemorySegment two = IMAGES.data().asSlice(0, network.images().bytes());
      network.run(two, Layout.ROW_MAJOR, MemorySegment.ofArray(batch));
      assertThat(logits).startsWith(batch);
      try (SessionPool pool = network.pool(2)) {
        float[] pooled = new float[batch.length];
        pool.submit(
                session -> {
                  network.run(session, two, Layout.ROW_MAJOR, MemorySegment.ofArray(pooled));
                  return session;
                })
            .join();
        assertThat(pooled).isEqualTo(batch);
      }
      assertThatIllegalStateException().isThrownBy(() -> network.run(IMAGES));
    }
  }

  @Test
  void aNameIsEnoughForWeightsOfAnyNumberOfClasses() {
    ResNet other = ResNet.named("resnet20-cifar").classes(7);
    Weights weights = other.initializer(0).weights(other.inference(1).graph());
    try (Network network = Network.of(Backends.cpu(), "resnet20-cifar", weights)) {
      assertThat(network.batch()).isEqualTo(1);
      assertThat(network.logits().shape()).isEqualTo(Shape.of(1, 7));
      assertThat(network.run(new float[3 * 32 * 32])).hasSize(7);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Network.of(Backends.cpu(), "resnet32-cifar", weights))
        .withMessageContaining("is missing");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Network.of(Backends.cpu(), "resnet21", weights))
        .withMessageContaining("resnet21");
  }

  @Test
  void whatAreNoImagesIsRefused() {
    try (Network network = Network.of(REFERENCE, RESNET, WEIGHTS, TWO)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.run(new float[3 * 8 * 8 + 1]))
          .withMessageContaining("193 numbers are no whole images, each of which has 192");
      assertThatIllegalArgumentException().isThrownBy(() -> network.run(new float[0]));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.run(Tensor.zeros(DType.F32, Shape.of(2, 3, 8, 9))))
          .withMessageContaining("2x3x8x9", "2x3x8x8");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.run(Tensor.zeros(DType.F64, Shape.of(2, 3, 8, 8))));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.run(Tensor.zeros(DType.F32, Shape.of(3))));
    }
  }

  @Test
  void optionsAreChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> InferenceOptions.DEFAULT.withBatch(0))
        .withMessageContaining("batch is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> InferenceOptions.DEFAULT.withPrecision(DType.F64))
        .withMessageContaining("F64, expected F32, BF16 or F16");
  }
}
