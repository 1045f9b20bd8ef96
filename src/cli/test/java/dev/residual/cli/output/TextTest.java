package dev.residual.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class TextTest {

  @Test
  void numbersAreWrittenAlikeInEveryCountry() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(Text.count(11_689_512)).isEqualTo("11,689,512");
      assertThat(Text.percent(0.81034)).isEqualTo("81.03 %");
      assertThat(Text.percent(Double.NaN)).isEqualTo("-");
      assertThat(Text.bytes(3L << 29)).isEqualTo("1.50 GiB");
      assertThat(Text.speed(9.72)).isEqualTo("9.7 images/s");
      assertThat(Text.speed(1234.5)).matches("123[45] images/s");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void durationsGrowFromSecondsToHours() {
    assertThat(Text.duration(44.6)).isEqualTo("45 s");
    assertThat(Text.duration(185)).isEqualTo("3:05");
    assertThat(Text.duration(3723)).isEqualTo("1:02:03");
  }

  @Test
  void messagesHoldNothingThatATerminalWouldObey() {
    assertThat(Text.line("a\u001b[31m\u009b\rb\u202ec\n\td")).isEqualTo("a [31m b c d");
  }
}
