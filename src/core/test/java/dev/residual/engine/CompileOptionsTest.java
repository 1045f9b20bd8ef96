package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompileOptionsTest {

  @Test
  void whatIsNotGivenIsLeftToProperties() {
    assertThat(CompileOptions.DEFAULT.measured()).isEmpty();
    assertThat(CompileOptions.DEFAULT.convolutions()).isEmpty();
    assertThat(new CompileOptions(3).threads()).isEqualTo(3);
  }

  @Test
  void eachSettingIsChangedAlone() {
    Set<ConvolutionAlgorithm> algorithms = EnumSet.of(ConvolutionAlgorithm.DIRECT);
    CompileOptions options =
        new CompileOptions(3).withMeasured(false).withConvolutions(algorithms).withThreads(2);
    algorithms.clear();
    assertThat(options.threads()).isEqualTo(2);
    assertThat(options.measured()).contains(false);
    assertThat(options.convolutions()).containsExactly(ConvolutionAlgorithm.DIRECT);
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
