package dev.residual.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScenarioOptionsTest {

  @Test
  void whatIsNotGivenHasADefault() {
    ScenarioOptions options =
        ScenarioOptions.parse("--precisions", "f32,int8", "--seconds", "0.5", "--bound", "20");
    assertThat(options.model()).isEqualTo("resnet50");
    assertThat(options.precisions()).containsExactly("f32", "int8");
    assertThat(options.peers()).isEmpty();
    assertThat(options.duration()).isEqualTo(Duration.ofMillis(500));
    assertThat(options.bound()).isEqualTo(20);
    assertThat(options.streams()).isEqualTo(8);
  }

  @Test
  void whatIsWrongIsNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScenarioOptions.parse("--rate", "1"))
        .withMessageContaining("--rate is no option: [--bound, --images");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScenarioOptions.parse("--model"))
        .withMessage("--model lacks its value");
    for (String wrong : List.of("0", "-1", "many", "NaN")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ScenarioOptions.parse("--seconds", wrong))
          .withMessage("--seconds is %s, expected a number above 0", wrong);
    }
  }

  @Test
  void aLineHasRateAndPercentilesAsFarAsTheyCount() {
    Measurement server =
        new Measurement(Scenario.SERVER, 50, 2_000_000_000L, new Latencies(1e6, 2e6, 30.5e6));
    assertThat(ScenarioTable.line(Scenario.SERVER, Optional.of(server), "residual", "int8", true))
        .isEqualTo("| server | residual | int8 | yes | 25.0 | 2.00 | 30.50 | 30.50 |");
    Measurement offline = new Measurement(Scenario.OFFLINE, 3, 1_000_000_000L, null);
    assertThat(ScenarioTable.line(Scenario.OFFLINE, Optional.of(offline), "peer", "f32", false))
        .isEqualTo("| offline | peer | f32 | no | 3.0 | - | - | - |");
    assertThat(ScenarioTable.line(Scenario.SERVER, Optional.empty(), "peer", "f32", false))
        .isEqualTo("| server | peer | f32 | no | none | - | - | - |");
    assertThat(ScenarioTable.header().lines())
        .hasSize(2)
        .allMatch(line -> line.chars().filter(c -> c == '|').count() == 9);
  }
}
