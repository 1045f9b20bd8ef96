package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.Value;
import dev.residual.nn.Initializer;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Training on a device, which is the software device here. */
@ExtendWith(SoftwareDevice.class)
class DeviceTrainingTest {
  private static final Sgd SGD = new Sgd(0.9, 1e-4);
  private static final int STEPS = 10;
  private static final int BATCH = 2;
  private static final int SIZE = 128;

  /** The gradients of two images are large. */
  private static final float RATE = 1e-6f;

  private static final float SCALE = 1;

  /**
   * From the third step on, a device replays its recording. In halves the gradients of so deep a
   * network on two images are far from those of floats, on any backend: but they lead down.
   */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void tenStepsOfResNet50LeadWhereThoseOfTheProcessorDo(DType precision) {
    List<Double> expected = losses(Backends.cpu(), DType.F32);
    long launches = SoftwareDevice.get("graph-launches");
    List<Double> found = losses(SoftwareDevice.backend(), precision);
    assertThat(SoftwareDevice.get("graph-launches") - launches).isEqualTo(STEPS - 1);
    assertThat(found.getFirst())
        .isCloseTo(expected.getFirst(), Offset.offset(precision == DType.F32 ? 1e-4 : 5e-2));
    for (int step = 0; step < STEPS && precision == DType.F32; step++) {
      assertThat(found.get(step))
          .as("step %d of %s, expected %s", step + 1, found, expected)
          .isCloseTo(expected.get(step), Offset.offset(0.05 * expected.get(step)));
    }
    assertThat(found.getLast()).as("%s", found).isLessThan(0.9 * found.getFirst());
  }

  private static List<Double> losses(Backend backend, DType precision) {
    ResNet network = ResNet.named("resnet50").classes(10).input(SIZE, SIZE);
    TrainingGraph step = TrainingGraph.of(network.training(BATCH), SGD, 0.1);
    step = step.withPrecision(precision).fused(backend::supports);
    List<Double> losses = new ArrayList<>();
    try (Session session = backend.compile(step.graph())) {
      new Initializer(Initializer.Fan.OUT, 5)
          .weights(network.inference(1).graph())
          .writeTo(session);
      scale(step).ifPresent(value -> session.write(value, scalar(SCALE)));
      Random random = new Random(9);
      Tensor images = Tensor.zeros(step.images().dtype(), step.images().shape());
      for (long i = 0; i < images.shape().elements(); i++) {
        images.set(i, random.nextGaussian());
      }
      session.write(step.learningRate(), scalar(RATE));
      for (int i = 0; i < STEPS; i++) {
        // Written anew for each step, as a trainer does, while the step before may be under way.
        session.write(step.images(), images);
        session.write(step.labels(), Tensor.of(step.labels().shape(), new int[] {3, 7}));
        session.run();
        losses.add(session.readScalar(step.loss()));
      }
    }
    return losses;
  }

  private static Optional<Value> scale(TrainingGraph step) {
    return step.graph().values().stream()
        .filter(value -> value.name().equals("loss_scale"))
        .findFirst();
  }

  private static Tensor scalar(float number) {
    return Tensor.of(Shape.SCALAR, number);
  }

  @Test
  void tenStepsInHalvesAreThoseOfPyTorch() {
    HalfGoldenTest.requireStepsOfPyTorch(SoftwareDevice.backend());
  }

  @Test
  void anOverflowSkipsTheStepAndHalvesTheScale() {
    LossScalingTest.requireHalvedUntilStepsAreTaken(SoftwareDevice.backend());
  }

  @Test
  void imagesThatAreNotFiniteChangeNoWeights() {
    LossScalingTest.requireNotFiniteImagesChangeNoWeights(
        LossScalingTest.halfTrainer(SoftwareDevice.backend()));
  }

  @Test
  void twoThousandGoodStepsDoubleTheScale() {
    LossScalingTest.requireGrowthAfterTwoThousandSteps(
        LossScalingTest.halfTrainer(SoftwareDevice.backend()));
  }

  @Test
  void sessionsLeaveNothingBehind() {
    TrainingGraph step = TinyNetwork.trainingGraph(4, SGD).withPrecision(DType.F16);
    Backend backend = SoftwareDevice.backend();
    TrainingGraph fused = step.fused(backend::supports);
    long delay = SoftwareDevice.get("delay");
    SoftwareDevice.set("delay", 0);
    try {
      long open = 0;
      long bytes = 0;
      for (int i = 0; i < 500; i++) {
        try (Session session = backend.compile(fused.graph())) {
          session.write(fused.learningRate(), scalar(0.1f));
          session.run();
          session.run();
        }
        if (i == 9) {
          open = SoftwareDevice.get("leaks");
          bytes = SoftwareDevice.get("bytes");
        }
      }
      assertThat(SoftwareDevice.get("leaks")).as(SoftwareDevice.open()).isEqualTo(open);
      assertThat(SoftwareDevice.get("bytes")).isEqualTo(bytes);
    } finally {
      SoftwareDevice.set("delay", delay);
    }
  }
}
