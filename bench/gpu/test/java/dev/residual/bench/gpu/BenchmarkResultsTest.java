package dev.residual.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class BenchmarkResultsTest {
  private static BenchmarkResults results(String device, String framework, String rest) {
    return BenchmarkResults.of(
        JsonMapper.shared()
            .readTree(
                """
                {"outcomes": [{"params": {"device": "%s", "framework": "%s",
                  "workload": "resnet50 x 256"}, %s}]}
                """
                    .formatted(device, framework, rest)),
        "cuda:0");
  }

  @Test
  void speedIsThatOfTheMedian() {
    BenchmarkResults results = results("cuda:0", "residual", "\"samples\": [90, 128, 100, 110]");
    assertThat(results.speed("residual")).isCloseTo(256 / 0.105, Offset.offset(1e-6));
    assertThat(results.speed("pytorch-python-eager")).isNaN();
  }

  @Test
  void whyThereIsNone() {
    assertThat(
            results("cuda:0", "residual", "\"samples\": [], \"notes\": {\"absent\": \"no torch\"}")
                .absence("residual"))
        .contains("no torch");
  }

  @Test
  void roundsAddUp() {
    BenchmarkResults both =
        results("cuda:0", "residual", "\"samples\": [128]")
            .with(BenchmarkResults.absent(List.of("pytorch-python-compile"), "no time was left"));
    assertThat(both.speed("residual")).isEqualTo(2000);
    assertThat(both.absence("residual")).isEmpty();
    assertThat(both.absence("pytorch-python-compile")).contains("no time was left");
  }

  @Test
  void theProcessorsSpeedIsNotTheGpus() {
    BenchmarkResults results = results("cpu", "residual", "\"samples\": [100]");
    assertThat(results.speed("residual")).isNaN();
    assertThat(results.absence("residual")).contains("it was not measured on cuda:0");
  }
}
