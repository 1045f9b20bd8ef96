package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

class CompileOptionsTest {

  @Test
  void whatIsNotGivenIsLeftToProperties() {
    assertThat(CompileOptions.DEFAULT.measured()).isEmpty();
    assertThat(CompileOptions.DEFAULT.convolutions()).isEmpty();
    assertThat(CompileOptions.DEFAULT.isMeasured()).isTrue();
    assertThat(CompileOptions.DEFAULT.deterministic()).isTrue();
    assertThat(new CompileOptions(3).threads()).isEqualTo(3);
  }

  @Test
  void eachSettingIsChangedAlone() {
    Set<ConvolutionAlgorithm> algorithms = EnumSet.of(ConvolutionAlgorithm.DIRECT);
    CompileOptions options =
        new CompileOptions(3)
            .withDeterministic(false)
            .withMeasured(false)
            .withConvolutions(algorithms)
            .withThreads(2);
    algorithms.clear();
    assertThat(options.threads()).isEqualTo(2);
    assertThat(options.measured()).contains(false);
    assertThat(options.isMeasured()).isFalse();
    assertThat(options.deterministic()).isFalse();
    assertThat(options.convolutions()).containsExactly(ConvolutionAlgorithm.DIRECT);
  }

  @Test
  @ResourceLock(Resources.SYSTEM_PROPERTIES)
  void thePropertySpeaksForThoseWhoDoNot() {
    System.setProperty("residual.tuning", "off");
    try {
      assertThat(CompileOptions.DEFAULT.isMeasured()).isFalse();
      assertThat(CompileOptions.DEFAULT.withMeasured(true).isMeasured()).isTrue();
      System.setProperty("residual.tuning", "false");
      assertThatIllegalArgumentException()
          .isThrownBy(CompileOptions.DEFAULT::isMeasured)
          .withMessage("residual.tuning is false, expected on or off");
    } finally {
      System.clearProperty("residual.tuning");
    }
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompileOptions(1).withThreads(0))
        .withMessageContaining("threads is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompileOptions(CompileOptions.MAX_THREADS + 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CompileOptions(1).withConvolutions(Set.of()))
        .withMessageContaining("LIBRARY, DIRECT, WINOGRAD, WINOGRAD_BF16");
  }
}
