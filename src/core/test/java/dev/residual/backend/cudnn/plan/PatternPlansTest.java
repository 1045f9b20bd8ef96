package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.onednn.ProbeJvm;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real cuDNN takes every pattern, where it is installed; a GPU is not needed. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class PatternPlansTest {

  @ParameterizedTest
  @CsvSource({"h100, HALF", "h100, BFLOAT16", "h100, FLOAT", "a100, HALF"})
  void everyPatternHasAPlan(String device, ElementType type) throws Exception {
    String said = ProbeJvm.run(PatternPlans.class, List.of(), device, type.name());
    assumeFalse(said.contains("absent: "), said);
    assertThat(said.lines().filter(line -> line.startsWith("planned ")).count())
        .as(said)
        .isGreaterThan(30);
    assertThat(said).doesNotContain("refused ");
  }
}
