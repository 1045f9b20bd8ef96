package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Parameters and multiply-adds to the unit. Those of torchvision's networks are its documented
 * ones; the others were counted by a program apart from this one.
 */
class CountsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
          model             | parameters |        macs | convs | norms | statistics
          plain18           |   11515688 |  1794805760 |    17 |    17 |       7808
          resnet18-a        |   11515688 |  1794805760 |    17 |    17 |       7808
          resnet18          |   11689512 |  1814073344 |    20 |    20 |       9600
          resnet18-c        |   12043816 |  1878298624 |    25 |    25 |      11648
          plain34           |   21623848 |  3644493824 |    33 |    33 |      15232
          resnet34-a        |   21623848 |  3644493824 |    33 |    33 |      15232
          resnet34          |   21797672 |  3663761408 |    36 |    36 |      17024
          resnet34-c        |   22716840 |  3830747136 |    49 |    49 |      22784
          resnet50-v1       |   25557032 |  3857973248 |    53 |    53 |      53120
          resnet50          |   25557032 |  4089184256 |    53 |    53 |      53120
          resnet101-v1      |   44549160 |  7570194432 |   104 |   104 |     105344
          resnet101         |   44549160 |  7801405440 |   104 |   104 |     105344
          resnet152-v1      |   60192808 | 11282415616 |   155 |   155 |     151424
          resnet152         |   60192808 | 11513626624 |   155 |   155 |     151424
          resnet18-v2       |   11687720 |  1814073344 |    20 |    17 |       7808
          resnet34-v2       |   21795880 |  3663761408 |    36 |    33 |      15232
          resnet50-v2       |   25549352 |  4089184256 |    53 |    49 |      45440
          resnet101-v2      |   44541480 |  7801405440 |   104 |   100 |      97664
          resnet152-v2      |   60185128 | 11513626624 |   155 |   151 |     143744
          resnet200-v2      |   64666152 | 15007481856 |   203 |   199 |     168320
          resnext50_32x4d   |   25028904 |  4230479872 |    53 |    53 |
          resnext101_32x4d  |   44177704 |  7969996800 |   104 |   104 |
          resnext101_32x8d  |   88791336 | 16414015488 |   104 |   104 |
          resnext101_64x4d  |   83455272 | 15460270080 |   104 |   104 |
          wide_resnet50_2   |   68883240 | 11398021120 |    53 |    53 |
          wide_resnet101_2  |  126886696 | 22753050624 |   104 |   104 |
          resnetblur18      |   11689512 |  2334298112 |    20 |    20 |       9600
          resnetblur34      |   21797672 |  4183986176 |    36 |    36 |      17024
          resnetblur50      |   25557032 |  5129633792 |    53 |    53 |      53120
          resnetblur101     |   44549160 |  8841854976 |   104 |   104 |     105344
          """)
  void imagenetNetworksHaveTheCountsOfThePapers(
      String model, long parameters, long macs, int convs, int norms, Integer statistics) {
    Graph graph = check(model, parameters, macs);
    assertThat(graph.ops()).filteredOn(Conv2d.class::isInstance).hasSize(convs);
    assertThat(graph.ops()).filteredOn(BatchNormInference.class::isInstance).hasSize(norms);
    if (statistics != null) {
      assertThat(elements(graph, Role.STATE)).isEqualTo(statistics.longValue());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
          layers | parameters A | parameters B |     MACs A |     MACs B
              20 |       269722 |       272474 |   40551040 |   40813184
              32 |       464154 |       466906 |   68862592 |   69124736
              44 |       658586 |       661338 |   97174144 |   97436288
              56 |       853018 |       855770 |  125485696 |  125747840
             110 |      1727962 |      1730714 |  252887680 |  253149824
            1202 |     19421274 |     19424026 | 2829238912 | 2829501056
          """)
  void cifarNetworksHaveTheCountsOfThePaper(
      int layers, long parametersA, long parametersB, long macsA, long macsB) {
    Graph graph = check("resnet" + layers + "-cifar", parametersA, macsA);
    assertThat(graph.ops()).filteredOn(Conv2d.class::isInstance).hasSize(layers - 1);
    check("plain" + layers + "-cifar", parametersA, macsA);
    check("resnet" + layers + "-cifar-b", parametersB, macsB);
  }

  @ParameterizedTest
  @CsvSource({"164, 1703258, 244500992", "1001, 10327706, 1487849984"})
  void preActivationCifarNetworksHaveTheCountsOfThePaper(int layers, long parameters, long macs) {
    check("resnet" + layers + "-v2-cifar", parameters, macs);
  }

  @Test
  void theTableOfANetworkHasALineAStage() {
    Summary summary = Summary.of(ResNet.named("resnet50"));
    assertThat(summary.rows())
        .extracting(row -> row.name() + " " + row.output())
        .containsExactly(
            "conv1 1x64x56x56",
            "layer1 1x256x56x56",
            "layer2 1x512x28x28",
            "layer3 1x1024x14x14",
            "layer4 1x2048x7x7",
            "fc 1x1000");
    assertThat(summary.rows().get(2).layers()).isEqualTo("[1x1 128, 3x3 128, 1x1 512] x 4");
    assertThat(summary.rows().getFirst().parameters()).isEqualTo(7 * 7 * 3 * 64 + 2 * 64);
    assertThat(summary.rows().getLast().macs()).isEqualTo(2048 * 1000);
  }

  @Test
  void aSmallerInputTakesFewerMultiplyAddsAndNoFewerParameters() {
    Summary summary = Summary.of(ResNet.named("resnet18").input(112, 112));
    assertThat(summary.rows().getFirst().output().dims()).containsExactly(1, 64, 28, 28);
    assertThat(summary.parameters()).isEqualTo(11_689_512);
    assertThat(summary.macs()).isLessThan(1_814_073_344L / 3);
  }

  private static Graph check(String model, long parameters, long macs) {
    ResNet network = ResNet.named(model);
    Graph graph = network.inference(1).graph();
    Summary summary = Summary.of(network);
    assertThat(elements(graph, Role.PARAMETER)).isEqualTo(parameters);
    assertThat(summary.parameters()).isEqualTo(parameters);
    assertThat(summary.macs()).isEqualTo(macs);
    return graph;
  }

  private static long elements(Graph graph, Role role) {
    return graph.values(role).stream().map(Value::shape).mapToLong(shape -> shape.elements()).sum();
  }
}
