package dev.residual.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.ConvolutionAlgorithm;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InferenceOptionsTest {
  @Test
  void anotherNumberOfThreadsLeavesTheRestOfTheCompilation() {
    CompileOptions compilation =
        new CompileOptions(2)
            .withMeasured(false)
            .withConvolutions(Set.of(ConvolutionAlgorithm.values()[0]));
    InferenceOptions options = InferenceOptions.DEFAULT.withCompilation(compilation);
    assertThat(options.withThreads(1).compilation()).isEqualTo(compilation.withThreads(1));
  }
}
