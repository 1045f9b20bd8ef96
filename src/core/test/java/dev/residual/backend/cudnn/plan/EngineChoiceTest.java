package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineChoiceTest {

  @Test
  void theTextGivesTheChoiceBack() {
    EngineChoice choice =
        new EngineChoice(
            38, List.of(new EngineChoice.Knob(13, -1), new EngineChoice.Knob(2, 14)));
    assertThat(choice).hasToString("engine 38 2:14 13:-1");
    assertThat(EngineChoice.parse(choice.toString())).contains(choice);
    assertThat(EngineChoice.parse("engine 0")).contains(new EngineChoice(0, List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "engine", "engine x", "engine -1", "engine 1 2", "engine 1 2:", "engine 1  2:3",
        "engine 99999999999999999999", "right", "engine 1 2:3 "
      })
  void otherTextsAreNoChoices(String text) {
    assertThat(EngineChoice.parse(text)).isEmpty();
  }
}
