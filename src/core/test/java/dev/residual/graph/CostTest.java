package dev.residual.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.OpCases;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.train.AdamW;
import dev.residual.train.Muon;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostTest {

  /** The multiply-adds are published; the first convolution has no gradient by its images. */
  @ParameterizedTest
  @CsvSource({
    "resnet50, 4089184256, 118013952, 2048000",
    "resnet34-a, 3644493824, 118013952, 512000",
    "resnext50_32x4d, 4230479872, 118013952, 2048000",
    "resnet20-cifar, 40551040, 442368, 640"
  })
  void aTrainingStepTakesThePublishedMultiplyAddsThreeTimesButForTheImages(
      String model, long macs, long first, long linear) {
    int batch = 2;
    Graph graph =
        TrainingGraph.of(ResNet.named(model).training(batch), new Sgd(0.9, 1e-4), 0).graph();
    assertThat(flops(graph, "Conv2d")).isEqualTo(2 * batch * (macs - linear));
    assertThat(flops(graph, "Conv2dBackwardWeights")).isEqualTo(2 * batch * (macs - linear));
    assertThat(flops(graph, "Conv2dBackwardData")).isEqualTo(2 * batch * (macs - linear - first));
    for (String kind : List.of("Linear", "LinearBackwardData", "LinearBackwardWeights")) {
      assertThat(flops(graph, kind)).as(kind).isEqualTo(2 * batch * linear);
    }
  }

  private static long flops(Graph graph, String kind) {
    return graph.ops().stream()
        .filter(op -> op.kind().equals(kind))
        .mapToLong(op -> Cost.of(op).flops())
        .sum();
  }

  @Test
  void everyValueOfAnElementwiseOperationCountsOnce() {
    Value src = Value.input("src", Shape.of(2, 3, 5, 7));
    Value dst = Value.activation("dst", src.shape());
    assertThat(Cost.of(new Relu(src, dst))).isEqualTo(new Cost(210, 840, 840));
    assertThat(Cost.of(new Add(src, src, dst)).flops()).isEqualTo(210);
  }

  @Test
  void anUpdateReadsAndWritesParameterAndVelocity() {
    Value parameter = Value.parameter("w", Shape.of(10));
    Value gradient = Value.input("g", parameter.shape());
    Value rate = Value.input("rate", Shape.SCALAR);
    Value velocity = Value.state("v", parameter.shape(), DType.F32);
    assertThat(Cost.of(new SgdUpdate(parameter, gradient, velocity, rate, 0.9, 1e-4, false)))
        .isEqualTo(new Cost(60, 124, 80));
    assertThat(Cost.of(new SgdUpdate(parameter, gradient, null, rate, 0, 0, false)))
        .isEqualTo(new Cost(20, 84, 40));
    SgdUpdate scaled = SgdUpdate.of(parameter, gradient, rate).withFactor(rate);
    assertThat(Cost.of(scaled)).isEqualTo(new Cost(30, 88, 40));
    assertThat(Cost.of(LossScaleUpdate.of(List.of(gradient)))).isEqualTo(new Cost(10, 48, 12));
    assertThat(Cost.of(GradientClip.of(List.of(gradient), null, 1))).isEqualTo(new Cost(20, 40, 4));
    assertThat(Cost.of(new Lerp(parameter, gradient, rate))).isEqualTo(new Cost(30, 84, 40));
    assertThat(Cost.of(new AdamW(0.1).update(parameter, gradient, rate)))
        .isEqualTo(new Cost(120, 168, 124));
    assertThat(Cost.of(LarsUpdate.of(parameter, gradient, rate, 0.1, 0.9, 0)))
        .isEqualTo(new Cost(100, 124, 80));
  }

  /** Two products as long as the matrix, and one of the smaller extent, in each of five steps. */
  @Test
  void muonMultipliesMatrices() {
    Value parameter = Value.parameter("w", Shape.of(8, 2, 3, 1));
    Value gradient = Value.input("g", parameter.shape());
    Value rate = Value.input("rate", Shape.SCALAR);
    long products = 2 * (6 * 6 * 8) + 6 * 6 * 6;
    assertThat(Cost.of(new Muon(0, new Sgd(0, 0)).update(parameter, gradient, rate)))
        .isEqualTo(new Cost(5 * 2 * products + 10 * 48, 3 * 192 + 4, 2 * 192));
  }

  @Test
  void aBatchNormReadsItsSourceAgainAfterTheStatisticsAreKnown() {
    Graph graph = OpCases.named("bn+relu 2x16x6x6").graph(DType.F32);
    BatchNorm norm = (BatchNorm) graph.ops().getFirst();
    long source = norm.src().bytes();
    long vectors = 4 * norm.scale().bytes();
    assertThat(Cost.of(norm).bytesRead()).isEqualTo(2 * source + vectors);
    assertThat(Cost.of(norm).bytesWritten()).isEqualTo(source + vectors);
  }

  @Test
  void everyOperationMovesBytes() {
    OpCases.all().stream()
        .flatMap(row -> row.graph(DType.F32).ops().stream())
        .forEach(
            op -> {
              assertThat(Cost.of(op).flops()).as(op.toString()).isNotNegative();
              assertThat(Cost.of(op).bytesRead()).as(op.toString()).isPositive();
              assertThat(Cost.of(op).bytesWritten()).as(op.toString()).isPositive();
            });
  }
}
