package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.nn.ResNet;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xml.sax.InputSource;

class DescribeTest {
  /** Model, parameters, multiply-adds: counted by a program apart from this one. */
  private static final String COUNTS =
      """
      resnet18            11689512  1814073344
      resnet34            21797672  3663761408
      resnet50            25557032  4089184256
      resnet101           44549160  7801405440
      resnet152           60192808 11513626624
      resnet50-v1         25557032  3857973248
      resnet101-v1        44549160  7570194432
      resnet152-v1        60192808 11282415616
      resnet18-a          11515688  1794805760
      resnet34-a          21623848  3644493824
      resnet18-c          12043816  1878298624
      resnet34-c          22716840  3830747136
      plain18             11515688  1794805760
      plain34             21623848  3644493824
      resnet18-v2         11687720  1814073344
      resnet34-v2         21795880  3663761408
      resnet50-v2         25549352  4089184256
      resnet101-v2        44541480  7801405440
      resnet152-v2        60185128 11513626624
      resnet200-v2        64666152 15007481856
      resnext50_32x4d     25028904  4230479872
      resnext101_32x4d    44177704  7969996800
      resnext101_32x8d    88791336 16414015488
      resnext101_64x4d    83455272 15460270080
      wide_resnet50_2     68883240 11398021120
      wide_resnet101_2   126886696 22753050624
      resnetblur18        11689512  2334298112
      resnetblur34        21797672  4183986176
      resnetblur50        25557032  5129633792
      resnetblur101       44549160  8841854976
      resnet20-cifar        269722    40551040
      resnet32-cifar        464154    68862592
      resnet44-cifar        658586    97174144
      resnet56-cifar        853018   125485696
      resnet110-cifar      1727962   252887680
      resnet1202-cifar    19421274  2829238912
      resnet20-cifar-b      272474    40813184
      resnet32-cifar-b      466906    69124736
      resnet44-cifar-b      661338    97436288
      resnet56-cifar-b      855770   125747840
      resnet110-cifar-b    1730714   253149824
      resnet1202-cifar-b  19424026  2829501056
      plain20-cifar         269722    40551040
      plain32-cifar         464154    68862592
      plain44-cifar         658586    97174144
      plain56-cifar         853018   125485696
      plain110-cifar       1727962   252887680
      plain1202-cifar     19421274  2829238912
      resnet164-v2-cifar   1703258   244500992
      resnet1001-v2-cifar 10327706  1487849984
      """;

  static List<String> counts() {
    return COUNTS.lines().toList();
  }

  @ParameterizedTest
  @MethodSource("counts")
  void theTotalsAreThoseOfThePapers(String row) {
    String[] cells = row.split(" +");
    Map<String, Double> totals =
        Results.parse(Invocation.success("describe", "--model", cells[0], "--json").out());
    assertThat(totals)
        .containsExactly(
            Map.entry("parameters", Double.valueOf(cells[1])),
            Map.entry("macs", Double.valueOf(cells[2])));
  }

  @Test
  void noModelIsLeftOut() {
    List<String> models = new ArrayList<>(counts());
    models.replaceAll(row -> row.substring(0, row.indexOf(' ')));
    assertThat(models).containsExactlyInAnyOrderElementsOf(ResNet.names());
  }

  @Test
  void theTableHasTheStagesOfThePaper() {
    String table = Invocation.success("describe", "--model", "resnet50").out();
    assertThat(table)
        .contains("256x56x56", "[1x1 64, 3x3 64, 1x1 256] x 3", "2048x7x7")
        .contains("25,557,032", "4,089,184,256");
  }

  @Test
  void imagesOfAnotherSizeTakeOtherMultiplyAdds() {
    Map<String, Double> half =
        Results.parse(
            Invocation.success("describe", "--model", "resnet18", "--input", 112, "--json").out());
    assertThat(half).containsEntry("parameters", 11_689_512.0);
    assertThat(half.get("macs")).isLessThan(1_814_073_344 / 3.0);
    assertThat(Invocation.wrongUse("describe", "--model", "resnet18", "--input", 0))
        .contains("--input");
  }

  @Test
  void theDrawingIsTheSameEveryTimeAndWellFormed(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("net.svg");
    for (String model : List.of("resnet50", "plain18", "resnet1202-cifar")) {
      Invocation.success("describe", "--model", model, "--svg", file);
      String first = Files.readString(file);
      Invocation.success("describe", "--model", model, "--svg", file);
      assertThat(Files.readString(file)).isEqualTo(first).contains(model);
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(first)));
    }
  }

  @Test
  void everyBlockOfTheDrawingHasItsShortcut(@TempDir Path folder) throws IOException {
    assertThat(drawing(folder, "resnet18")).satisfies(svg -> assertShortcuts(svg, 8, 3));
    assertThat(drawing(folder, "resnet50")).satisfies(svg -> assertShortcuts(svg, 16, 4));
    assertThat(drawing(folder, "resnet18-c")).satisfies(svg -> assertShortcuts(svg, 8, 8));
    assertThat(drawing(folder, "plain18")).satisfies(svg -> assertShortcuts(svg, 0, 0));
    assertThat(drawing(folder, "googlenet"))
        .satisfies(svg -> assertShortcuts(svg, 0, 0))
        .contains("inception3a", "3x3 max pool", "1,498,376,192 multiply-adds");
  }

  private static String drawing(Path folder, String model) throws IOException {
    Path file = folder.resolve(model + ".svg");
    Invocation.success("describe", "--model", model, "--svg", file);
    return Files.readString(file);
  }

  private static void assertShortcuts(String svg, int all, int dashed) {
    assertThat(svg.split(" q 9 0 9 9 ", -1)).hasSize(all + 1);
    assertThat(svg.split("path class=\"dashed\"", -1)).hasSize(dashed + 1);
  }
}
