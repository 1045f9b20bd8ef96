package dev.residual.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.engine.Session;
import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Optimisers against PyTorch 2.13 in double precision. Element i of a parameter is 0.1 (i + 1), of
 * changing sign from plus, and element i of n of the gradient of step k is sin(1 + i + n k). LARS
 * and Muon's products are written with torch's functions, as timm and Jordan write them.
 */
class PyTorchUpdatesTest {
  private static final Value RATE = Value.input("rate", Shape.SCALAR, DType.F64);
  private static final Value FACTOR = Value.input("factor", Shape.SCALAR, DType.F64);

  private static Tensor parameter(Shape shape) {
    Tensor tensor = Tensor.zeros(DType.F64, shape);
    for (int i = 0; i < shape.elements(); i++) {
      tensor.set(i, 0.1 * (i + 1) * (i % 2 == 0 ? 1 : -1));
    }
    return tensor;
  }

  private static Tensor gradient(Shape shape, int step) {
    Tensor tensor = Tensor.zeros(DType.F64, shape);
    for (int i = 0; i < shape.elements(); i++) {
      tensor.set(i, Math.sin(1 + i + shape.elements() * step));
    }
    return tensor;
  }

  private interface Rule {
    ParameterUpdate update(Value parameter, Value gradient);
  }

  /** Runs a step for each row; between them one that is skipped. */
  private static void require(
      Rule rule, Shape shape, double rate, double[] factors, double[]... expected) {
    Value parameter = Value.parameter("w", shape, DType.F64);
    Value gradient = Value.input("g", shape, DType.F64);
    Graph graph = Graph.of(rule.update(parameter, gradient).withFactor(FACTOR));
    try (Session session = new ReferenceBackend().compile(graph)) {
      session.write(parameter, parameter(shape));
      session.write(RATE, Tensor.of(Shape.SCALAR, rate).to(DType.F64));
      for (int k = 0; k < expected.length; k++) {
        session.write(gradient, gradient(shape, k));
        session.write(FACTOR, Tensor.of(Shape.SCALAR, factors[k]).to(DType.F64));
        session.run();
        assertThat(session.read(parameter).toDoubles())
            .as("step %d", k)
            .containsExactly(expected[k], within(1e-12));
        session.write(FACTOR, Tensor.of(Shape.SCALAR, 0.0).to(DType.F64));
        session.run();
        assertThat(session.read(parameter).toDoubles())
            .as("after a skipped step")
            .containsExactly(expected[k], within(1e-12));
      }
    }
  }

  /** {@code AdamW([w], lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2)}. */
  @Test
  void adamW() {
    AdamWUpdate.Settings settings = new AdamWUpdate.Settings(0.8, 0.95, 1e-3, 0.2);
    require(
        (parameter, gradient) -> AdamWUpdate.of(parameter, gradient, RATE, settings),
        Shape.of(4),
        0.1,
        new double[] {1, 0.5, 1},
        new double[] {
          -0.001881301550079137, -0.29589014579515105, 0.19470363069468644, -0.29213196050503815
        },
        new double[] {
          -0.017639156494401956, -0.34071225729404725, 0.09503256085724425, -0.2766295292890239
        },
        new double[] {
          -0.055950681971619357, -0.3289436556137912, 0.13536512580393223, -0.22867790837166097
        });
  }

  /** A trust of 0.02, momentum 0.9, decay 0.1, a rate of 0.5. */
  @Test
  void lars() {
    require(
        (parameter, gradient) -> LarsUpdate.of(parameter, gradient, RATE, 0.02, 0.9, 0.1),
        Shape.of(4),
        0.5,
        new double[] {1, 1, 1},
        new double[] {
          0.09691837228874711, -0.2032185284559875, 0.299380685697815, -0.3971162274537278
        },
        new double[] {
          0.09737076978352277, -0.20509657951991062, 0.2964888646077402, -0.39774810216423434
        },
        new double[] {
          0.09610872052001743, -0.2045530781941864, 0.2977256926800445, -0.39603628452570655
        });
  }

  /** More rows than columns, with {@code weight_decay=0.2}; torch.optim.Muon agrees in bf16. */
  @Test
  void muonOfATallMatrix() {
    requireMuon(
        new MuonUpdate.Settings(0.9, 0.2, 5, false),
        Shape.of(4, 2),
        new double[] {
          0.05201985743638945,
          -0.24074347237309723,
          0.22756825274197148,
          -0.3004197988660783,
          0.5912708654990663,
          -0.6194781496113679,
          0.6681446466343733,
          -0.849381136371665
        },
        new double[] {
          -0.016666604028857564,
          -0.21504557528210957,
          0.2970640230734272,
          -0.22121155807178347,
          0.5854625502128348,
          -0.6888953819753165,
          0.575726622370661,
          -0.8375060802701407
        });
  }

  @Test
  void muonOfTheWeightsOfAConvolution() {
    requireMuon(
        new MuonUpdate.Settings(0.9, 0, 5, false),
        Shape.of(2, 3, 1, 1),
        new double[] {
          0.026397542599018747,
          -0.2156324811838669,
          0.35670992614081404,
          -0.4100674073761495,
          0.5582957439273722,
          -0.5269379428913351
        },
        new double[] {
          -0.05055392927924118,
          -0.24485019832731683,
          0.4020885981294558,
          -0.43444345256803313,
          0.60669408948621,
          -0.4502624222881655
        });
  }

  /** As in airbench: three steps, and a norm of sqrt(2). */
  @Test
  void muonOfAFixedNorm() {
    requireMuon(
        new MuonUpdate.Settings(0.9, 0, 3, true),
        Shape.of(2, 3),
        new double[] {
          0.07633847513321701,
          -0.31445194244012864,
          0.49726173103757043,
          -0.599638445665221,
          0.7992780373936833,
          -0.8201540844201965
        },
        new double[] {
          0.0008126338202524702,
          -0.34343885805816204,
          0.5362477613025354,
          -0.6172767872979852,
          0.8437053779912269,
          -0.7414663127726926
        });
  }

  private static void requireMuon(
      MuonUpdate.Settings settings, Shape shape, double[] first, double[] second) {
    require(
        (parameter, gradient) -> MuonUpdate.of(parameter, gradient, RATE, settings),
        shape,
        0.1,
        new double[] {1, 1},
        first,
        second);
  }

  /** The part that {@code clip_grad_norm_} leaves of gradients, and of a quarter of them. */
  @Test
  void clippingByTheNorm() {
    assertThat(clipped(1, 0.5)).isCloseTo(0.26001062013012677, within(1e-15));
    assertThat(clipped(1, 100)).isEqualTo(1);
    assertThat(clipped(0.25, 0.5)).isEqualTo(0.25);
    assertThat(clipped(0.25, 0.25)).isCloseTo(0.13000510724881204, within(1e-15));
    assertThat(clipped(0, 0.25)).isZero();
    assertThat(clipped(1 / 0.0, 0.25)).isNaN();
  }

  private static double clipped(double given, double maxNorm) {
    Value first = Value.input("a", Shape.of(4), DType.F64);
    Value second = Value.input("b", Shape.of(3), DType.F64);
    GradientClip clip = GradientClip.of(List.of(first, second), FACTOR, maxNorm);
    try (Session session = new ReferenceBackend().compile(Graph.of(clip))) {
      session.write(first, gradient(Shape.of(4), 0));
      session.write(second, gradient(Shape.of(3), 1));
      session.write(FACTOR, Tensor.of(Shape.SCALAR, given).to(DType.F64));
      session.run();
      return session.read(clip.factor()).get(0);
    }
  }

  /** {@code torch.lerp}. */
  @Test
  void interpolation() {
    assertThat(between(0.3))
        .containsExactly(
            new double[] {
              0.32244129544236894, 0.1327892280477045, 0.25233600241796017, -0.5070407485923785
            },
            within(1e-15));
    assertThat(between(0.7))
        .containsExactly(
            new double[] {
              0.6190296893655275, 0.5765081987779772, 0.18878400564190706, -0.6497617467155498
            },
            within(1e-15));
  }

  private static double[] between(double share) {
    Shape shape = Shape.of(4);
    Value target = Value.state("target", shape, DType.F64);
    Value source = Value.input("source", shape, DType.F64);
    Graph graph = Graph.of(new Lerp(target, source, FACTOR));
    try (Session session = new ReferenceBackend().compile(graph)) {
      session.write(target, parameter(shape));
      session.write(source, gradient(shape, 0));
      session.write(FACTOR, Tensor.of(Shape.SCALAR, share).to(DType.F64));
      session.run();
      return session.read(target).toDoubles();
    }
  }
}
