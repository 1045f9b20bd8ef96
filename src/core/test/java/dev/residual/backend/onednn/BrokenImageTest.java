package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.Batch;
import dev.residual.train.Sgd;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole networks that are given an image of NaN say so, whoever computes their convolutions. */
class BrokenImageTest {
  private static final int THREADS = 2;
  private static final int IMAGES = 2;

  /** The backend whose convolutions are computed in one way. */
  private record OneWay(Set<Algorithm> algorithms, boolean kernels) implements Backend {
    @Override
    public String name() {
      return (kernels ? "" : "no kernels, ") + algorithms;
    }

    @Override
    public boolean supports(Op op) {
      return new OneDnnBackend(kernels).supports(op);
    }

    @Override
    public Session compile(Graph graph, CompileOptions options) {
      return OneDnnTarget.compile(graph, new KernelSettings(THREADS, kernels, algorithms));
    }

    @Override
    public String toString() {
      return name();
    }
  }

  static Stream<Arguments> networks() {
    Stream<OneWay> ways =
        Stream.of(Algorithm.values())
            .filter(way -> KernelLibrary.isAvailable() || way == Algorithm.ONEDNN)
            .map(way -> new OneWay(Set.of(way), KernelLibrary.isAvailable()));
    Stream<OneWay> plain = Stream.of(new OneWay(Set.of(Algorithm.ONEDNN), false));
    Stream<Arguments> fast =
        Stream.concat(ways, plain)
            .flatMap(
                way ->
                    Stream.of(DType.F32, DType.BF16)
                        .flatMap(
                            type ->
                                Stream.of("resnet20-cifar", "resnet18", "resnext50_32x4d")
                                    .map(name -> Arguments.of(way, type, name))));
    return Stream.concat(
        fast, Stream.of(Arguments.of(new ReferenceBackend(), DType.F32, "resnet20-cifar")));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void logitsAreNaNForTheImageThatIs(Backend backend, DType dtype, String name) {
    requireType(dtype);
    Model model = ResNet.named(name).input(32, 32).inference(IMAGES);
    Weights weights = ResNet.named(name).initializer(3).weights(model.graph());
    Folded folded = BatchNormFolding.fold(model.graph(), weights);
    Graph graph = Fusion.fuse(MixedPrecision.of(folded.graph(), dtype), backend::supports);
    try (Session session = backend.compile(graph)) {
      folded.weights().writeTo(session);
      session.write(model.images(), images(model.images().shape()));
      session.run();
      Tensor logits = session.read(graph.value(model.logits().name()));
      int classes = logits.shape().dim(1);
      for (int c = 0; c < classes; c++) {
        assertThat(logits.get(c)).as("class %d of the broken image", c).isNaN();
        assertThat(logits.get(classes + c)).as("class %d of the other", c).isFinite();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theLossOfTrainingIsNaN(Backend backend, DType dtype, String name) {
    requireType(dtype);
    ResNet network = ResNet.named(name).input(32, 32);
    Model model = network.model(Mode.TRAINING, IMAGES, DType.F32);
    TrainingGraph step = TrainingGraph.of(model, new Sgd(0.9, 1e-4), 0).withPrecision(dtype);
    Weights weights = network.initializer(3).weights(model.graph());
    try (Trainer trainer = new Trainer(backend, CompileOptions.DEFAULT, step, weights)) {
      MemorySegment images = images(model.images().shape()).data();
      MemorySegment labels = Tensor.of(Shape.of(IMAGES), new int[IMAGES]).data();
      double loss = trainer.step(new Batch(images, Layout.ROW_MAJOR, labels, IMAGES), 0.1);
      assertThat(loss).isNaN();
    }
  }

  private static void requireType(DType dtype) {
    assumeTrue(
        dtype == DType.F32 || OneDnnRuntime.hasBf16(), "this processor does not multiply bf16");
  }

  /** The first image is all NaN, others are not. */
  private static Tensor images(Shape shape) {
    Tensor images = RandomTensors.random(shape);
    long elements = shape.elements() / shape.dim(0);
    for (long i = 0; i < elements; i++) {
      images.set(i, Double.NaN);
    }
    return images;
  }
}
