package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RefusalsTest {

  @Test
  void theFirstReasonOfEachEngineIsKept() {
    String said =
        """
        heuristics A know none {"engineId":0,"knobChoices":{}}
        Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: the channels are odd
        Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: ptr->isSupported()

        {"engineId":1,"knobChoices":{}}
        Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: the channels are odd
        {"engineId":3,"knobChoices":{}}
        Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: the type is not half
        Warning: CUDNN_STATUS_NOT_SUPPORTED; Reason: finalize_internal()
        """;
    assertThat(Refusals.brief(said))
        .isEqualTo("heuristics A know none the channels are odd, the type is not half");
  }

  @Test
  void otherWordsAreKeptInOneLine() {
    assertThat(Refusals.brief("one\n  two ")).isEqualTo("one two");
    assertThat(Refusals.brief("long ".repeat(1000))).hasSizeLessThan(400).endsWith("...");
    assertThat(Refusals.brief("")).isEmpty();
  }
}
