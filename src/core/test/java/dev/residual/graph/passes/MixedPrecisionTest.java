package dev.residual.graph.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Cast;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MixedPrecisionTest {
  private static final Value IMAGES = Value.input("images", Shape.of(2, 3, 8, 8));
  private static final Value LABELS = Value.input("labels", Shape.of(2), DType.I32);
  private static final Value RATE = Value.input("rate", Shape.SCALAR);

  @Test
  void whatTheCallerWritesAndReadsStaysAsItIs() {
    Graph step = step();
    Graph narrow = MixedPrecision.of(step, DType.BF16);
    assertThat(narrow.outputs()).isEqualTo(step.outputs());
    for (Role role : List.of(Role.INPUT, Role.PARAMETER, Role.STATE)) {
      assertThat(narrow.values(role)).hasSameElementsAs(step.values(role));
    }
  }

  @Test
  void imagesAndTheirGradientsBecomeNarrow() {
    Graph narrow = MixedPrecision.of(step(), DType.BF16);
    for (Value value : narrow.values(Role.ACTIVATION)) {
      if (value.shape().rank() == 4 && value.shape().dim(0) == 2) {
        assertThat(value.dtype()).as(value.name()).isEqualTo(DType.BF16);
      }
    }
  }

  @Test
  void gradientsOfParametersAndStatisticsStayWide() {
    Graph narrow = MixedPrecision.of(step(), DType.BF16);
    for (Op op : narrow.ops()) {
      Stream<Value> wide =
          switch (op) {
            case Conv2dBackwardWeights o -> Stream.of(o.diffWeights());
            case LinearBackwardWeights o -> Op.present(o.diffWeights(), o.diffBias()).stream();
            case BatchNorm o -> Stream.of(o.mean(), o.variance(), o.scale(), o.shift());
            case BatchNormBackward o -> Stream.of(o.diffScale(), o.diffShift());
            case Linear o -> Stream.of(o.dst());
            case SgdUpdate o -> o.inputs().stream();
            default -> Stream.of();
          };
      assertThat(wide).allMatch(value -> value.dtype() == DType.F32);
    }
  }

  @Test
  void aValueIsCastOnceHoweverOftenItIsRead() {
    Graph narrow = MixedPrecision.of(step(), DType.BF16);
    // The images, the weights of two convolutions and the classifier, the gradient of the logits.
    assertThat(casts(narrow))
        .extracting(cast -> cast.src().name())
        .containsExactlyInAnyOrder("images", "a.w", "b.w", "fc.w", "diff_fc");
    assertThat(narrow.ops())
        .filteredOn(op -> op.inputs().contains(narrow.value("b.w.bf16")))
        .extracting(Op::kind)
        .containsExactly("Conv2d", "Conv2dBackwardData");
  }

  @Test
  void aParameterIsCastAnewAfterAnUpdate() {
    Value src = Value.input("src", Shape.of(1, 4));
    Value w = Value.parameter("w", Shape.of(2, 4));
    Value first = Value.activation("first", Shape.of(1, 2));
    Value second = Value.activation("second", Shape.of(1, 2));
    Value gradient = Value.input("gradient", w.shape());
    Graph graph =
        new Graph(
            List.of(
                new Linear(src, w, null, first),
                new SgdUpdate(w, gradient, null, RATE, 0, 0, false),
                new Linear(src, w, null, second)),
            List.of(first, second));
    assertThat(casts(MixedPrecision.of(graph, DType.BF16)))
        .extracting(cast -> cast.src().name())
        .containsExactlyInAnyOrder("src", "w", "w");
  }

  @Test
  void anImageThatIsReadIsWidenedUnderItsName() {
    GraphBuilder b = new GraphBuilder();
    Value src = b.input("src", Shape.of(1, 2, 3, 3));
    Value relu = b.relu("relu", src);
    Value sum = b.add("sum", relu, relu);
    Graph narrow = MixedPrecision.of(b.build(relu, sum), DType.BF16);
    assertThat(narrow.outputs()).containsExactly(relu, sum);
    assertThat(narrow.ops())
        .extracting(Op::kind)
        .containsExactly("Cast", "Relu", "Cast", "Add", "Cast");
    Add add = (Add) narrow.ops().get(3);
    assertThat(add.src0().name()).isEqualTo("relu.bf16");
  }

  @Test
  void sumsOfWideGradientsStayWide() {
    Value src = Value.input("src", Shape.of(1, 4));
    Value diffDst = Value.input("diffDst", Shape.of(1, 4));
    Value[] parts = new Value[3];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = Value.activation("part" + i, Shape.of(4, 4));
    }
    Graph graph =
        new Graph(
            List.of(
                new LinearBackwardWeights(src, diffDst, parts[0], null),
                new LinearBackwardWeights(src, diffDst, parts[1], null),
                new Add(parts[0], parts[1], parts[2])),
            List.of(parts[2]));
    Op last = MixedPrecision.of(graph, DType.BF16).ops().getLast();
    assertThat(last).isEqualTo(graph.ops().getLast());
  }

  @Test
  void fusionFindsTheSameForms() {
    Graph step = step();
    Graph wide = Fusion.fuse(step, op -> true);
    Graph narrow = Fusion.fuse(MixedPrecision.of(step, DType.BF16), op -> true);
    assertThat(narrow.ops().stream().filter(op -> !(op instanceof Cast)).map(Op::kind))
        .containsExactlyElementsOf(wide.ops().stream().map(Op::kind).toList());
    assertThat(wide.ops()).hasSizeLessThan(step.ops().size());
  }

  @Test
  void bothTypesOf16BitsStandAtTheSamePlaces() {
    String bf16 = MixedPrecision.of(step(), DType.BF16).ops().toString();
    assertThat(MixedPrecision.of(step(), DType.F16).ops())
        .hasToString(bf16.replace("BF16", "F16").replace(".bf16", ".f16"));
  }

  @Test
  void fullPrecisionChangesNothing() {
    Graph step = step();
    assertThat(MixedPrecision.of(step, DType.F32)).isSameAs(step);
  }

  @Test
  void otherTypesAreRefused() {
    Graph step = step();
    assertThatThrownBy(() -> MixedPrecision.of(step, DType.F64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("F64")
        .hasMessageContaining("BF16");
    Graph narrow = MixedPrecision.of(step, DType.F16);
    assertThatThrownBy(() -> MixedPrecision.of(narrow, DType.BF16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("F16");
    GraphBuilder b = new GraphBuilder(DType.F64);
    Graph doubles = b.build(b.relu("relu", b.input("src", Shape.of(3))));
    assertThatThrownBy(() -> MixedPrecision.of(doubles, DType.BF16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("src F64 3");
  }

  private static List<Cast> casts(Graph graph) {
    List<Cast> casts = new ArrayList<>();
    for (Op op : graph.ops()) {
      if (op instanceof Cast cast) {
        casts.add(cast);
      }
    }
    return casts;
  }

  /** A training step of a network with one residual block. */
  private static Graph step() {
    GraphBuilder b = new GraphBuilder();
    Value x = conv(b, "a", IMAGES, 4);
    x = b.relu("relu", norm(b, "a.bn", x));
    Value y = norm(b, "b.bn", conv(b, "b", x, 4));
    x = b.relu("out", b.add("sum", y, x));
    x = b.flatten("flatten", b.globalAvgPool("gap", x));
    Value logits =
        b.linear("fc", x, b.parameter("fc.w", Shape.of(10, 4)), b.parameter("fc.b", Shape.of(10)));
    Value loss = b.softmaxCrossEntropy("loss", logits, LABELS, 0);
    Graph forward = b.build(loss, logits);
    List<Value> parameters = forward.values(Role.PARAMETER);
    Gradients gradients = Gradients.of(forward, loss, parameters);
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    gradients.of().forEach((p, g) -> ops.add(new SgdUpdate(p, g, null, RATE, 0, 0, false)));
    return new Graph(ops, forward.outputs());
  }

  private static Value conv(GraphBuilder b, String name, Value src, int channels) {
    Value w = b.parameter(name + ".w", Shape.of(channels, src.shape().dim(1), 3, 3));
    return b.conv2d(name, src, w, null, Window.square(3, 1, 1), 1);
  }

  private static Value norm(GraphBuilder b, String name, Value src) {
    Shape c = Shape.of(src.shape().dim(1));
    return b.batchNorm(
        name,
        src,
        b.parameter(name + ".scale", c),
        b.parameter(name + ".shift", c),
        b.state(name + ".running_mean", c),
        b.state(name + ".running_var", c),
        1e-5,
        0.1);
  }
}
