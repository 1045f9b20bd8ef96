package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Quantize;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.passes.Fusion;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.AdamW;
import dev.residual.train.Muon;
import dev.residual.train.Sgd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every backend must do: the results of the reference, and the promises of sessions. */
public abstract class BackendContract extends SessionContract {

  @TestFactory
  Stream<DynamicTest> everyOperationEqualsTheReference() {
    return dtypes().stream()
        .flatMap(
            dtype ->
                OpCases.all().stream()
                    .map(
                        row ->
                            DynamicTest.dynamicTest(
                                dtype + " " + row,
                                () -> requireReferenceResults(row, row.graph(dtype), dtype))));
  }

  /** The largest difference from the reference, relative to the largest element of a tensor. */
  protected double tolerance(OpCase row, DType dtype) {
    return row.tolerance(dtype);
  }

  /** Requires the results of the reference, or a refusal that names what is not supported. */
  protected void requireReferenceResults(OpCase row, Graph graph, DType dtype) {
    if (!graph.ops().stream().allMatch(backend()::supports)) {
      assertThatThrownBy(() -> backend().compile(graph))
          .isInstanceOf(UnsupportedOpException.class)
          .hasMessageContaining(backend().name());
      abort("not supported by " + backend().name());
    }
    Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
    new ReferenceComparison(row, dtype, inputs, tolerance(row, dtype))
        .require(graph, backend()::compile);
  }

  /** A batch norm whose parameters are called scale, shift, mean and variance. */
  protected static Value normInference(GraphBuilder builder, Value src) {
    Value[] vectors =
        Stream.of("scale", "shift", "mean", "variance")
            .map(name -> builder.parameter(name, Shape.of(src.shape().dim(1))))
            .toArray(Value[]::new);
    return builder.batchNormInference(
        "norm", src, vectors[0], vectors[1], vectors[2], vectors[3], 1);
  }

  @Test
  void aParameterIsAddedToABatchNorm() {
    GraphBuilder builder = new GraphBuilder(dtype());
    Value src = builder.input("src", Shape.of(2, 16, 3, 5));
    Value norm = normInference(builder, src);
    Value map = builder.parameter("map", src.shape());
    Value dst = builder.relu("dst", builder.add("sum", norm, map));
    Graph graph = builder.build(dst);
    Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
    try (Session session = backend().compile(Fusion.fuse(graph, backend()::supports));
        Session reference = new ReferenceBackend().compile(graph)) {
      for (Session each : List.of(session, reference)) {
        inputs.forEach(each::write);
        each.run();
      }
      Elements.requireClose("a map", reference.read(dst), session.read(dst), 1e-5);
    }
  }

  @Test
  void aParameterIsConvolvedWithItself() {
    GraphBuilder builder = new GraphBuilder(dtype());
    Value both = builder.parameter("both", Shape.of(16, 16, 3, 3));
    Value dst = builder.conv2d("dst", both, both, null, Window.square(3, 1, 1), 1);
    Graph graph = builder.build(dst);
    Tensor elements = RandomInputs.of(graph, SEED).get(both);
    try (Session session = backend().compile(graph);
        Session reference = new ReferenceBackend().compile(graph)) {
      for (Session each : List.of(session, reference)) {
        each.write(both, elements);
        each.run();
      }
      Elements.requireClose("itself", reference.read(dst), session.read(dst), 1e-5);
    }
  }

  /** Statistics whose mean is much larger than the deviation, and than what ran before. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void statisticsAreThoseOfTheBatchAlone(int kernel) {
    GraphBuilder builder = new GraphBuilder(dtype());
    Value images = builder.input("images", Shape.of(4, 16, 24, 24));
    Value src = images;
    if (kernel > 0) {
      Value weights = builder.parameter("weights", Shape.of(16, 16, kernel, kernel));
      src = builder.conv2d("conv", images, weights, null, Window.square(kernel, 1, 0), 1);
    }
    Value scale = builder.parameter("scale", Shape.of(16));
    Value shift = builder.parameter("shift", Shape.of(16));
    Value mean = builder.state("mean", Shape.of(16));
    Value variance = builder.state("variance", Shape.of(16));
    Value norm = builder.batchNorm("norm", src, scale, shift, mean, variance, 1e-5, 0.5);
    Graph graph = builder.build(norm);
    Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
    try (Session session = backend().compile(graph);
        Session reference = new ReferenceBackend().compile(graph)) {
      for (Session each : List.of(session, reference)) {
        inputs.forEach(each::write);
      }
      for (double distance : new double[] {2000, Double.NaN, 0}) {
        Tensor shifted = Tensor.zeros(images.dtype(), images.shape());
        for (long i = 0; i < shifted.shape().elements(); i++) {
          shifted.set(i, distance + inputs.get(images).get(i));
        }
        for (Session each : List.of(session, reference)) {
          each.write(images, shifted);
          each.run();
        }
        if (Double.isNaN(distance)) {
          assertThat(session.read(norm).isFinite()).as("NaN is seen").isFalse();
        } else {
          String what = distance + " from the running mean";
          Elements.requireClose(what, reference.read(norm), session.read(norm), 1e-3);
        }
      }
    }
  }

  /** Alone, behind a convolution, and behind the sum of a batch norm and a shortcut. */
  @Test
  void aReluKeepsNaN() {
    GraphBuilder builder = new GraphBuilder(dtype());
    Value images = builder.input("images", Shape.of(2, 16, 5, 5));
    Value weights = builder.parameter("weights", Shape.of(16, 16, 1, 1));
    Value conv = builder.conv2d("conv", images, weights, null, Window.square(1, 1, 0), 1);
    Value norm = normInference(builder, images);
    Value first = builder.relu("first", images);
    Value second = builder.relu("second", conv);
    Value third = builder.relu("third", builder.add("sum", norm, images));
    Graph graph = builder.build(first, second, third);
    Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
    inputs.get(images).set(700, Double.NaN);
    try (Session session = backend().compile(Fusion.fuse(graph, backend()::supports))) {
      inputs.forEach(session::write);
      session.run();
      for (Value value : graph.outputs()) {
        long nans = Arrays.stream(session.read(value).toDoubles()).filter(Double::isNaN).count();
        assertThat(nans).as("%s", value).isEqualTo(value.equals(second) ? 16 : 1);
      }
    }
  }

  @Test
  void whatExceedsIntegersBecomesTheirBound() {
    float[] numbers = new float[70];
    Arrays.fill(numbers, 0.5f);
    float[] odd = {
      Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e30f, -1e30f, 1.5f, 2.5f, -1.5f, 0
    };
    System.arraycopy(odd, 0, numbers, 3, odd.length);
    System.arraycopy(odd, 0, numbers, numbers.length - odd.length, odd.length);
    Value src = Value.input("src", Shape.of(numbers.length), dtype());
    for (DType type : List.of(DType.U8, DType.S8)) {
      double least = type == DType.U8 ? 0 : -128;
      double most = type == DType.U8 ? 255 : 127;
      Double[] expected = {most, least, most, least, 2.0, 2.0, Math.max(-2, least), 0.0};
      Quantize op = new Quantize(src, Value.activation("dst", src.shape(), type), 1);
      try (Session session = backend().compile(Graph.of(op))) {
        session.write(src, Tensor.of(src.shape(), numbers).to(dtype()));
        session.run();
        List<Double> found = Arrays.stream(session.read(op.dst()).toDoubles()).boxed().toList();
        assertThat(found.subList(3, 11)).containsExactly(expected);
        assertThat(found.subList(numbers.length - 8, numbers.length)).containsExactly(expected);
        assertThat(found.subList(11, 62)).containsOnly(0.0);
      }
    }
  }

  /** Gradients that are not finite are multiplied by 0 as if they were not there. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0x1p-10, 1, 0x1p-24})
  void anUpdateMultipliesItsGradientOrIsSkipped(double factor) {
    for (ParameterUpdate update : updates()) {
      Value scalar = Value.input("factor", Shape.SCALAR);
      Graph graph = Graph.of(update.withFactor(scalar));
      Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
      inputs.put(scalar, Tensor.of(Shape.SCALAR, (float) factor));
      if (!backend().supports(graph.ops().getFirst())) {
        continue;
      }
      if (factor == 0) {
        inputs.get(update.gradient()).set(500, Double.NaN);
      }
      try (Session session = backend().compile(graph);
          Session reference = new ReferenceBackend().compile(graph)) {
        for (Session each : List.of(session, reference)) {
          inputs.forEach(each::write);
          each.run();
        }
        for (Value value : update.updates()) {
          String what = update.kind() + " " + value;
          double tolerance = factor == 0 ? 0 : 2e-5;
          Elements.requireClose(what, reference.read(value), session.read(value), tolerance);
          assertThat(session.read(value).data().mismatch(inputs.get(value).data()) == -1)
              .as("%s is as before", what)
              .isEqualTo(factor == 0);
        }
      }
    }
  }

  private static List<ParameterUpdate> updates() {
    Value rate = Value.input("rate", Shape.SCALAR);
    List<ParameterUpdate> updates = new ArrayList<>();
    for (Shape shape : List.of(Shape.of(1037), Shape.of(16, 4, 3, 3))) {
      Value parameter = Value.parameter("parameter", shape);
      Value gradient = Value.input("gradient", shape);
      updates.add(new Sgd(0.9, 0.1).update(parameter, gradient, rate));
      updates.add(new AdamW(0.1).update(parameter, gradient, rate));
      updates.add(LarsUpdate.of(parameter, gradient, rate, 0.02, 0.9, 0.1));
      updates.add(new Muon(0.1, new Sgd(0, 0.1)).update(parameter, gradient, rate));
    }
    return updates;
  }

  /** Whatever it held, and whatever the source holds. */
  @Test
  void aShareOfNothingKeepsBitsAndOneOfAllCopiesThem() {
    for (Shape shape : List.of(Shape.of(1037), Shape.of(16, 4, 3, 3))) {
      Value target = Value.state("target", shape, DType.F32);
      Value source = Value.input("source", shape);
      Value share = Value.input("share", Shape.SCALAR);
      Graph graph = Graph.of(new Lerp(target, source, share));
      Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
      for (double odd : new double[] {Double.NaN, 1 / 0.0, Float.MIN_VALUE, -0.0}) {
        inputs.get(target).set(3, odd);
        inputs.get(source).set(500, odd);
        inputs.get(source).set(4, 1e-30);
        try (Session session = backend().compile(graph)) {
          inputs.forEach(session::write);
          for (int part = 0; part < 2; part++) {
            session.write(share, Tensor.of(Shape.SCALAR, (float) part));
            session.run();
            Tensor expected = inputs.get(part == 0 ? target : source);
            assertThat(session.read(target).data().mismatch(expected.data())).isEqualTo(-1);
          }
        }
      }
    }
  }

  /** The squares of floats are beyond their range. */
  @Test
  void gradientsOfAnySizeAreClipped() {
    List<Value> gradients =
        List.of(
            Value.input("vector", Shape.of(20000)), Value.input("kernel", Shape.of(4, 3, 3, 3)));
    GradientClip clip = GradientClip.of(gradients, null, 1);
    try (Session session = backend().compile(Graph.of(clip))) {
      for (double size : new double[] {1e30, 1e-30, 1 / 0.0, Double.NaN}) {
        for (Value gradient : gradients) {
          Tensor elements = Tensor.zeros(gradient.dtype(), gradient.shape());
          elements.set(gradient.shape().elements() - 1, size);
          session.write(gradient, elements);
        }
        session.run();
        double expected = size > 1 && size < 1e38 ? 1 / (Math.sqrt(2) * size) : size < 1 ? 1 : size;
        double found = session.read(clip.factor()).get(0);
        if (expected < 2) {
          assertThat(found / expected).isCloseTo(1, within(1e-6));
        } else {
          assertThat(found).as("of %s", size).isNaN();
        }
      }
    }
  }

  /** Whichever gradient and element it is that overflows. */
  @Test
  void aLossScaleFollowsItsGradients() {
    List<Value> gradients =
        List.of(
            Value.input("vector", Shape.of(1037)),
            Value.input("kernel", Shape.of(16, 3, 3, 3)),
            Value.input("one", Shape.of(1)));
    LossScaleUpdate update = LossScaleUpdate.of(gradients).withGrowthInterval(2);
    Graph graph = Graph.of(update);
    Map<Value, Tensor> finite = RandomInputs.of(graph, SEED);
    finite.get(gradients.getFirst()).set(5, Float.MAX_VALUE);
    try (Session session = backend().compile(graph)) {
      finite.forEach(session::write);
      session.write(update.scale(), Tensor.of(Shape.SCALAR, 1024f));
      session.write(update.goodSteps(), Tensor.of(Shape.SCALAR, 0));
      double scale = 1024;
      for (Value gradient : gradients) {
        for (double bad : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
          for (long place : new long[] {0, gradient.shape().elements() - 1}) {
            Tensor broken = Tensor.zeros(gradient.dtype(), gradient.shape());
            broken.set(place, bad);
            session.write(gradient, broken);
            requireScale(session, update, 0, scale / 2, 0);
            session.write(gradient, finite.get(gradient));
            requireScale(session, update, 2 / scale, scale / 2, 1);
            requireScale(session, update, 2 / scale, scale, 0);
          }
        }
      }
      session.write(update.scale(), Tensor.of(Shape.SCALAR, 0f));
      requireScale(session, update, 0, LossScaleUpdate.INITIAL, 0);
    }
  }

  private static void requireScale(
      Session session, LossScaleUpdate update, double factor, double scale, int goodSteps) {
    session.run();
    assertThat(session.read(update.factor()).get(0)).as("factor").isEqualTo(factor);
    assertThat(session.read(update.scale()).get(0)).as("scale").isEqualTo(scale);
    assertThat(session.read(update.goodSteps()).get(0)).as("good steps").isEqualTo(goodSteps);
  }

  @Test
  void moreExtentsThanImagesHaveAreRefusedOrComputed() {
    Value src = Value.input("src", Shape.of(2, 1, 3, 1, 2), dtype());
    Relu relu = new Relu(src, Value.activation("dst", src.shape(), dtype()));
    Graph graph = Graph.of(relu);
    if (backend().supports(relu)) {
      backend().compile(graph).close();
    } else {
      assertThatThrownBy(() -> backend().compile(graph))
          .isInstanceOf(UnsupportedOpException.class)
          .hasMessageContaining("src");
    }
  }
}
