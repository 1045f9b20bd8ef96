package dev.residual.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.inference.Network;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FloatingConvolutionsTest {
  private static final Backend INTEGERS = new ReferenceBackend();

  /** The reference, as if it summed no products of integers. */
  private static final Backend FLOATS =
      new Backend() {
        @Override
        public String name() {
          return INTEGERS.name();
        }

        @Override
        public boolean supports(Op op) {
          return !(op instanceof QuantizedConv2d);
        }

        @Override
        public Session compile(Graph graph, CompileOptions options) {
          assertThat(graph.ops()).allMatch(this::supports);
          return INTEGERS.compile(graph, options);
        }
      };

  private final Random random = new Random(5);

  private Tensor integers(Value value, int from, int to) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (long i = 0; i < value.shape().elements(); i++) {
      tensor.set(i, random.nextInt(from, to));
    }
    return tensor;
  }

  /** With scales that are powers of two, floats are exact: the integers are the same. */
  @ParameterizedTest
  @EnumSource(names = {"U8", "S8", "F32"})
  void resultsAreTheSame(DType type) {
    Value src = Value.input("src", Shape.of(2, 4, 5, 5), DType.U8);
    Value weights = Value.parameter("weights", Shape.of(6, 2, 3, 3), DType.S8);
    Value scale = Value.parameter("scale", Shape.of(6));
    Value bias = Value.parameter("bias", Shape.of(6));
    Value add = Value.input("add", Shape.of(2, 6, 5, 5), DType.S8);
    Value dst = Value.activation("dst", add.shape(), type);
    double dstScale = type == DType.F32 ? 1 : 2;
    Graph graph =
        Graph.of(
            new QuantizedConv2d(
                src,
                weights,
                scale,
                bias,
                add,
                dst,
                Window.square(3, 1, 1),
                2,
                true,
                0.5,
                0.25,
                dstScale));
    Weights given =
        new Weights(
            Map.of(
                "weights",
                integers(weights, -128, 128),
                "scale",
                Tensor.of(scale.shape(), 0.25f, 0.5f, 1, 2, 0.125f, 4),
                "bias",
                Tensor.of(bias.shape(), -3, 0.5f, 7, 0, 100, -50)));
    Folded floats = FloatingConvolutions.of(new Folded(graph, given), FLOATS::supports);
    assertThat(floats.graph().ops())
        .isEqualTo(FloatingConvolutions.of(graph, FLOATS::supports).ops());
    Tensor images = integers(src, 0, 256);
    Tensor added = integers(add, -128, 128);
    try (Session expected = INTEGERS.compile(graph);
        Session found = FLOATS.compile(floats.graph())) {
      given.writeTo(expected);
      floats.weights().writeTo(found);
      for (Session session : new Session[] {expected, found}) {
        session.write(src, images);
        session.write(add, added);
        session.run();
      }
      assertThat(found.read(dst).toDoubles()).isEqualTo(expected.read(dst).toDoubles());
    }
  }

  @Test
  void aNetworkWithWeightsOfIntegersRunsWithoutThem() {
    ResNet resnet = ResNet.named("resnet20-cifar");
    Model model = resnet.inference(1);
    Weights weights =
        QuantizedWeights.unmeasured(model.graph(), resnet.initializer(3).weights(model.graph()))
            .toFile();
    Tensor images = Tensor.zeros(DType.F32, model.images().shape());
    for (long i = 0; i < images.shape().elements(); i++) {
      images.set(i, random.nextGaussian());
    }
    CompileOptions options = CompileOptions.DEFAULT;
    try (Network integers = Network.of(INTEGERS, model, weights, options, DType.F32);
        Network floats = Network.of(FLOATS, model, weights, options, DType.F32)) {
      double[] expected = integers.run(images).toDoubles();
      assertThat(floats.run(images).toDoubles()).containsExactly(expected, within(1e-4));
      floats.write(weights);
      assertThat(floats.run(images).toDoubles()).containsExactly(expected, within(1e-4));
    }
  }
}
