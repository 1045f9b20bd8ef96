package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.passes.GradientAccumulation;
import dev.residual.graph.passes.GradientClipping;
import dev.residual.graph.passes.Gradients;
import dev.residual.graph.passes.LossScaling;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Accumulation, clipping and scaling together, against PyTorch 2.13 in double precision: a linear
 * layer of five inputs and three classes, SGD with momentum 0.9 and a rate of 0.5, four batches of
 * four rows, a step after every second one by the mean gradient, of a norm of 0.3 at most.
 *
 * <p>Element i of a parameter is 0.1 (i + 1), of changing sign from plus. Element i of batch k is
 * sin(1 + i + 20 k), and the class of its row i is (i + k) modulo 3.
 */
@ExtendWith(SoftwareDevice.class)
class GradientPassesTest {
  private static final double[][] WEIGHTS = {
    {
      0.1274283101347379, -0.18237119254716605, 0.2916214604982054, -0.4266826958780878,
      0.4795450952823763, -0.6096577807267106, 0.6420196220762834, -0.8529960830478701,
      0.9007125661782295, -0.9462339146537679, 1.0822294705919728, -1.1596484295291174,
      1.3613746225496648, -1.3740298703001417, 1.4666888193713916
    },
    {
      0.15889288047967645, -0.15024294231745933, 0.29487482551850513, -0.45529534486319717,
      0.4453727698147761, -0.5924914071995349, 0.547754813321913, -0.972025443639457,
      0.8663536989453106, -0.8643329044481078, 1.0335985267198584, -1.0975118710044538,
      1.477150618120952, -1.3110583540821135, 1.4189601346333318
    }
  };
  private static final double[][] BIASES = {
    {0.13120948311758657, -0.18300632703168462, 0.2517968439140981},
    {0.19210395137580588, -0.17274901511095214, 0.18064506373514633}
  };

  private final Value rows;
  private final Value labels = Value.input("labels", Shape.of(4), DType.I32);
  private final Value rate = Value.input("rate", Shape.SCALAR);
  private final Value share = Value.input("share", Shape.SCALAR);
  private final Value factor = Value.input("factor", Shape.SCALAR);
  private final Value weights;
  private final Value bias;
  private final Graph step;

  GradientPassesTest() {
    GraphBuilder builder = new GraphBuilder();
    rows = builder.input("rows", Shape.of(4, 5));
    weights = builder.parameter("weights", Shape.of(3, 5));
    bias = builder.parameter("bias", Shape.of(3));
    Value logits = builder.linear("logits", rows, weights, bias);
    Value loss = builder.softmaxCrossEntropy("loss", logits, labels, 0);
    Gradients gradients = Gradients.of(builder.build(loss), loss, List.of(weights, bias));
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    Sgd sgd = new Sgd(0.9, 0);
    gradients.of().forEach((value, gradient) -> ops.add(sgd.update(value, gradient, rate)));
    step = new Graph(ops, List.of(loss));
  }

  private static Backend backend(String name) {
    return name.equals("cuda") ? SoftwareDevice.backend() : Backends.named(name);
  }

  private static Tensor tensor(Value value, double... elements) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (int i = 0; i < elements.length; i++) {
      tensor.set(i, elements[i]);
    }
    return tensor;
  }

  private static Tensor first(Value value) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (int i = 0; i < value.shape().elements(); i++) {
      tensor.set(i, 0.1 * (i + 1) * (i % 2 == 0 ? 1 : -1));
    }
    return tensor;
  }

  private void begin(Session session) {
    session.write(weights, first(weights));
    session.write(bias, first(bias));
    session.write(rate, tensor(rate, 0.5));
    // A share of 1 forgets what was before.
    Value left = session.graph().value("accumulated.weights");
    session.write(left, tensor(left, 1, Double.NaN));
  }

  /** One run, the first or second of its mean. */
  private void run(Session session, int batch, double scale) {
    Tensor images = Tensor.zeros(DType.F32, rows.shape());
    for (int i = 0; i < 20; i++) {
      images.set(i, scale * Math.sin(1 + i + 20 * batch));
    }
    session.write(rows, images);
    session.write(labels, tensor(labels, batch % 3, (1 + batch) % 3, (2 + batch) % 3, batch % 3));
    session.write(share, tensor(share, batch % 2 == 0 ? 1 : 0.5));
    session.write(factor, tensor(factor, batch % 2));
    session.run();
  }

  private void require(Session session, int update, double tolerance) {
    assertThat(session.read(weights).toDoubles())
        .containsExactly(WEIGHTS[update], within(tolerance));
    assertThat(session.read(bias).toDoubles()).containsExactly(BIASES[update], within(tolerance));
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu", "cuda"})
  void twoRunsMakeAClippedUpdateAsInPyTorch(String name) {
    Graph graph = GradientClipping.of(GradientAccumulation.of(step, share, factor), 0.3);
    try (Session session = backend(name).compile(graph)) {
      begin(session);
      for (int batch = 0; batch < 4; batch++) {
        float[] before = session.read(weights).toFloats();
        run(session, batch, 1);
        if (batch % 2 == 0) {
          assertThat(session.read(weights).toFloats()).as("keeps its bits").isEqualTo(before);
        } else {
          require(session, batch / 2, 1e-6);
        }
      }
    }
  }

  private Graph scaled() {
    Graph scaled = LossScaling.of(GradientAccumulation.of(step, share, factor));
    return MixedPrecision.of(GradientClipping.of(scaled, 0.3), DType.F16);
  }

  /** Whichever of the two runs it is. */
  @ParameterizedTest
  @ValueSource(strings = {"reference", "cuda"})
  void anOverflowInOneRunSkipsTheUpdateAndHalvesTheScale(String name) {
    for (int bad : new int[] {0, 1}) {
      try (Session session = backend(name).compile(scaled())) {
        Value scale = session.graph().value("loss_scale");
        begin(session);
        session.write(scale, tensor(scale, 1024));
        Tensor before = session.read(weights);
        for (int batch = 0; batch < 2; batch++) {
          run(session, batch, batch == bad ? 1e6 : 1);
          double expected = batch == 0 ? 1024 : 512;
          assertThat(session.read(scale).get(0)).as("scale").isEqualTo(expected);
        }
        assertThat(session.read(weights).data().mismatch(before.data())).isEqualTo(-1);
        for (int batch = 0; batch < 4; batch++) {
          run(session, batch, 1);
          assertThat(session.read(scale).get(0)).as("scale").isEqualTo(512);
          if (batch % 2 == 1) {
            require(session, batch / 2, 2e-3);
          }
        }
        Value good = session.graph().value("loss_scale.good_steps");
        assertThat(session.read(good).get(0)).as("updates, not runs").isEqualTo(2);
      }
    }
  }

  /** The scale is a power of two, and the norm that of the gradients without it. */
  @Test
  void aScaledLossIsClippedToTheSameBits() {
    Graph clipped = GradientClipping.of(step, 0.1);
    Graph scaled = GradientClipping.of(LossScaling.of(step), 0.1);
    try (Session session = Backends.cpu().compile(clipped);
        Session other = Backends.cpu().compile(scaled)) {
      Value scale = other.graph().value("loss_scale");
      other.write(scale, tensor(scale, LossScaleUpdate.INITIAL));
      for (Session each : List.of(session, other)) {
        each.write(weights, first(weights));
        each.write(bias, first(bias));
        each.write(rate, tensor(rate, 0.5));
        each.write(rows, first(rows));
        each.write(labels, tensor(labels, 0, 1, 2, 0));
        each.run();
      }
      Tensor expected = session.read(weights);
      assertThat(other.read(weights).toFloats()).isEqualTo(expected.toFloats());
      double squares = 0;
      for (Value value : List.of(weights, bias)) {
        for (int i = 0; i < value.shape().elements(); i++) {
          squares += Math.pow(session.read(value).get(i) - first(value).get(i), 2);
        }
      }
      assertThat(Math.sqrt(squares)).as("rate times the norm").isCloseTo(0.05, within(1e-6));
    }
  }
}
