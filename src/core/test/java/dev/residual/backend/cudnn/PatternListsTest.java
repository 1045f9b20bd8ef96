package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.Work;
import dev.residual.nn.Architecture;
import dev.residual.nn.Initializer;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import dev.residual.train.Batch;
import dev.residual.train.Sgd;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each list of patterns gives batch norms its forms, and all lists train alike. */
@ExtendWith(SoftwareDevice.class)
class PatternListsTest {
  private static final String PROPERTY = "residual.cuda.patterns";
  private static final int BATCH = 4;
  private static final int STEPS = 4;

  /** The nodes of norms, and convolutions of what a norm leaves. */
  private static final Pattern FORM =
      Pattern.compile("Norm\\w+|GenStats|Bn\\w+|(?<=\\+)Convolution(Forward|BackwardFilter)");

  private final String before = System.getProperty(PROPERTY, "");

  @AfterEach
  void restore() {
    set(before);
  }

  private static void set(String list) {
    if (list.isEmpty()) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, list);
    }
  }

  /** Two blocks of the same shape, or three with a projection around the second. */
  private static TrainingGraph graph(boolean isProjected, DType dtype) {
    return TrainingGraph.of(network(isProjected).training(BATCH), new Sgd(0.9, 1e-4), 0)
        .withPrecision(dtype)
        .fused(SoftwareDevice.backend()::supports);
  }

  private static ResNet network(boolean isProjected) {
    return network(Architecture.Shortcut.PROJECTION, isProjected ? List.of(1, 2) : List.of(2));
  }

  private static ResNet network(Architecture.Shortcut shortcut, List<Integer> depths) {
    Architecture architecture =
        new Architecture(
            Architecture.Stem.CIFAR,
            Architecture.Block.BASIC,
            false,
            shortcut,
            depths,
            8,
            1,
            8,
            false,
            false);
    return ResNet.of("lists", architecture).classes(3).input(8, 8);
  }

  /** Half precision is needed for sums in convolutions, and f16 for main loops. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          false | F16 | 1 | NormBackward=5, NormForward=5
          false | F16 | 2 | BnFinalize=5, GenStats=5, NormBackward=5
          false | F16 | 3 | BnBackwardWeights=4, BnFinalize=5, ConvolutionBackwardFilter=2, ConvolutionForward=2, GenStats=5, NormBackward=1
          false | BF16 | 1 | NormBackward=5, NormForward=5
          false | BF16 | 2 | BnFinalize=5, GenStats=5, NormBackward=5
          false | BF16 | 3 | BnFinalize=5, GenStats=5, NormBackward=5
          false | F32 | 3 | NormBackward=5, NormForward=5
          true | F16 | 1 | NormBackward=8, NormForward=8
          true | F16 | 2 | BnFinalize=8, GenStats=8, NormBackward=8
          true | F16 | 3 | BnBackwardWeights=6, BnFinalize=8, ConvolutionBackwardFilter=3, ConvolutionForward=3, GenStats=8, NormBackward=2
          true | BF16 | 1 | NormBackward=8, NormForward=8
          true | BF16 | 2 | BnFinalize=8, GenStats=8, NormBackward=8
          true | BF16 | 3 | BnFinalize=8, GenStats=8, NormBackward=8
          true | F32 | 3 | NormBackward=8, NormForward=8
          """)
  void stepsShowTheFormsOfTheList(boolean isProjected, DType dtype, String list, String forms) {
    set(list);
    try (Session session = SoftwareDevice.backend().compile(graph(isProjected, dtype).graph())) {
      Map<String, Integer> counts = new TreeMap<>();
      for (Work work : session.steps()) {
        Matcher matcher = FORM.matcher(work.implementation());
        while (matcher.find()) {
          counts.merge(matcher.group(), 1, Integer::sum);
        }
      }
      assertThat(counts).hasToString("{" + forms + "}");
    }
  }

  /** Weights may differ by a tenth of the way that they have gone: gradients are rounded apart. */
  @ParameterizedTest
  @CsvSource({"false, F16", "true, F16", "false, BF16", "true, BF16"})
  void allListsTrainAlike(boolean isProjected, DType dtype) {
    Weights first =
        new Initializer(Initializer.Fan.OUT, 5).weights(network(isProjected).inference(1).graph());
    TrainingGraph step = graph(isProjected, dtype);
    Trained expected = train(step, first, "1");
    for (String list : List.of("2", "3")) {
      Trained found = train(step, first, list);
      for (int i = 0; i < STEPS; i++) {
        assertThat(found.losses.get(i))
            .as("%s, expected %s", found.losses, expected.losses)
            .isCloseTo(expected.losses.get(i), offset(1e-3));
      }
      for (String name : first.tensors().keySet()) {
        Tensor wanted = expected.weights.get(name);
        double way = distance(wanted, first.get(name));
        assertThat(way).as("%s is trained", name).isPositive();
        assertThat(distance(wanted, found.weights.get(name)) / way).as(name).isLessThan(0.1);
      }
    }
  }

  private static double distance(Tensor one, Tensor other) {
    double largest = 0;
    for (long i = 0; i < one.shape().elements(); i++) {
      largest = Math.max(largest, Math.abs(one.get(i) - other.get(i)));
    }
    return largest;
  }

  private static Batch batch(float[] images) {
    MemorySegment labels = MemorySegment.ofArray(new int[] {0, 1, 2, 1});
    return new Batch(MemorySegment.ofArray(images), Layout.ROW_MAJOR, labels, BATCH);
  }

  private record Trained(List<Double> losses, Weights weights) {}

  private static Trained train(TrainingGraph step, Weights first, String list) {
    set(list);
    List<Double> losses = new ArrayList<>();
    try (Trainer trainer =
        new Trainer(SoftwareDevice.backend(), CompileOptions.DEFAULT, step, first)) {
      Random random = new Random(3);
      for (int i = 0; i < STEPS; i++) {
        float[] images = new float[BATCH * 3 * 8 * 8];
        for (int p = 0; p < images.length; p++) {
          images[p] = (float) random.nextGaussian();
        }
        losses.add(trainer.step(batch(images), 0.05));
      }
      return new Trained(losses, trainer.weights());
    }
  }

  /** Through each ReLU, for there is no way around the blocks. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "3"})
  void aPixelThatIsNaNMakesTheLossNaN(String list) {
    set(list);
    ResNet network = network(Architecture.Shortcut.NONE, List.of(1, 2));
    TrainingGraph step =
        TrainingGraph.of(network.training(BATCH), new Sgd(0.9, 1e-4), 0).withPrecision(DType.F16);
    Weights weights = new Initializer(Initializer.Fan.OUT, 5).weights(network.inference(1).graph());
    try (Trainer trainer =
        new Trainer(SoftwareDevice.backend(), CompileOptions.DEFAULT, step, weights)) {
      float[] images = new float[BATCH * 3 * 8 * 8];
      assertThat(trainer.step(batch(images), 0)).isFinite();
      images[300] = Float.NaN;
      assertThat(trainer.step(batch(images), 0)).isNaN();
    }
  }

  @Test
  void anUnknownListIsRefused() {
    set("4");
    assertThatThrownBy(
            () -> SoftwareDevice.backend().compile(graph(false, DType.F16).graph()).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(PROPERTY + " is 4, expected 1, 2 or 3");
  }
}
