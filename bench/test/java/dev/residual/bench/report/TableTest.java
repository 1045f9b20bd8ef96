package dev.residual.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.bench.Notes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TableTest {
  private static final Map<String, String> SETTING =
      Map.of("workload", "resnet50 x 32", "precision", "f32", "threads", "2");

  private static Outcome outcome(
      String benchmark, Map<String, String> more, List<Double> samples, Map<String, Object> notes) {
    Map<String, String> params = new TreeMap<>(SETTING);
    params.putAll(more);
    return new Outcome(benchmark, params, "ms/op", samples, notes);
  }

  private static final Results RESULTS =
      new Results(
          new Machine("cpu", 2, "1 GB", "os", "jdk", "lib", null, "now"),
          List.of(
              outcome(
                  "ConvolutionLimitBenchmark.convolutions",
                  Map.of("mode", "training", "framework", "residual", "convolutions", "onednn"),
                  List.of(1900.0),
                  Map.of(Notes.LIMIT, 1600.0)),
              outcome(
                  "ConvolutionLimitBenchmark.convolutions",
                  Map.of("mode", "training", "framework", "residual", "convolutions", "fastest"),
                  List.of(1400.0),
                  Map.of(Notes.LIMIT, 1280.0)),
              outcome(
                  "TrainingStepBenchmark.step",
                  Map.of("framework", "residual"),
                  List.of(2000.0, 1990.0, 2010.0),
                  Map.of(Notes.PEAK_MEMORY, 3000.0)),
              outcome(
                  "TrainingStepBenchmark.step",
                  Map.of("framework", "pytorch"),
                  List.of(3200.0),
                  Map.of(Notes.PEAK_MEMORY, 5000.0)),
              outcome(
                  "TrainingStepBenchmark.step",
                  Map.of("framework", "onnxruntime"),
                  List.of(),
                  Map.of(Notes.ABSENT, "it does not train"))));

  @Test
  void rowsHaveSpeedsTheLimitAndRatios() {
    assertThat(Table.of(RESULTS))
        .contains(
            "| f32 | 2 | resnet50 x 32 | 16.00 | 10.00 | 20.00 | 80 % | 25.00 | 64 % | 1.60 |"
                + " residual 3000, pytorch 5000 |");
  }

  @Test
  void whatCouldNotRunIsListedWithItsReason() {
    assertThat(Table.of(RESULTS))
        .contains("- TrainingStepBenchmark.step, onnxruntime: it does not train");
  }

  @Test
  void chartHasABarForEachSpeed() {
    assertThat(Chart.of(RESULTS).orElseThrow())
        .contains("residual 16.00 images/s", "pytorch 10.00 images/s")
        .doesNotContain("onnxruntime");
  }

  @Test
  void chartsOfNothingAreNone() {
    Results none = new Results(RESULTS.machine(), List.of());
    assertThat(Chart.of(none)).isEmpty();
    assertThat(ScalingChart.of(none)).isEmpty();
  }

  @Test
  void whatSeveralThreadsGainIsBesideEachTimeAndSummedUp() {
    Results results =
        new Results(
            RESULTS.machine(),
            List.of(
                inference("resnet50 x 1", "1", 30.0),
                inference("resnet50 x 1", "2", 20.0),
                inference("resnet50 x 32", "1", 800.0),
                inference("resnet50 x 32", "2", 400.0),
                inference("resnet18 x 1", "2", 10.0)));
    assertThat(Table.of(results))
        .contains(
            "| f32 | 2 | resnet50 x 1 | 50.00 | 1.50 |",
            "| f32 | 1 | resnet50 x 1 | 33.33 | - |",
            "| f32 | 2 | resnet18 x 1 | 100.0 | - |",
            "| Inference | residual | f32 | 2 | 2 | 1.50 (resnet50 x 1) | 1.75 |"
                + " 2.00 (resnet50 x 32) |");
  }

  @Test
  void nothingIsSaidOfThreadsWhereOneNumberOfThemWasMeasured() {
    assertThat(Table.of(RESULTS)).doesNotContain("thread |", "several threads");
  }

  private static Outcome inference(String workload, String threads, double milliseconds) {
    return outcome(
        "InferenceBenchmark.infer",
        Map.of("framework", "residual", "workload", workload, "threads", threads),
        List.of(milliseconds),
        Map.of());
  }
}
