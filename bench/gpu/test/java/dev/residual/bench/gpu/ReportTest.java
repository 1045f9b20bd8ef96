package dev.residual.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  private static final Report.Entry COUNTS =
      new Report.Entry(
          "weights",
          Finding.of(true, "1 counts, 0 wrong")
              .withRows(List.of(Map.of("top1", 8103.0), Map.of("top1", Double.NaN))),
          12.345);

  private static Report report(Finding other) {
    return new Report(
        Map.of("GPU 0", "NVIDIA H200"), List.of(COUNTS, new Report.Entry("memory", other, 1)));
  }

  @Test
  void tablesOfPartsAndFigures() {
    assertThat(report(Finding.failed("a | b")).markdown())
        .isEqualTo(
            """
            # GPU test

            - GPU 0: NVIDIA H200

            | part | result | seconds | found |
            | --- | --- | --- | --- |
            | weights | passed | 12.35 | 1 counts, 0 wrong |
            | memory | failed | 1.00 | a \\| b |

            ## weights

            | top1 |
            | --- |
            | 8103 |
            | - |
            """);
  }

  @Test
  void whatIsSkippedIsNoFailure() {
    assertThat(report(Finding.skipped("no data")).isPassed()).isTrue();
    assertThat(report(Finding.failed("a leak")).isPassed()).isFalse();
  }

  @Test
  void jsonHoldsAll() {
    JsonNode json = JsonMapper.shared().readTree(report(Finding.skipped("no data")).json());
    assertThat(json.path("machine").path("GPU 0").asString()).isEqualTo("NVIDIA H200");
    assertThat(json.path("passed").asBoolean()).isTrue();
    JsonNode weights = json.path("parts").get(0);
    assertThat(weights.path("status").asString()).isEqualTo("passed");
    assertThat(weights.path("figures").get(0).path("top1").asInt()).isEqualTo(8103);
    assertThat(json.path("parts").get(1).path("summary").asString()).isEqualTo("no data");
  }
}
