package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

@ResourceLock(Resources.SYSTEM_PROPERTIES)
class AlgorithmTest {
  private static final String PROPERTY = "residual.convolutions";

  private final String before = System.getProperty(PROPERTY, "");

  @BeforeEach
  @AfterEach
  void restore() {
    if (before.isEmpty()) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, before);
    }
  }

  @Test
  void allAreAllowedUnlessAPropertySaysOtherwise() {
    System.clearProperty(PROPERTY);
    assertThat(Algorithm.allowed()).containsExactlyInAnyOrder(Algorithm.values());
    System.setProperty(PROPERTY, "onednn, Direct");
    assertThat(Algorithm.allowed()).containsExactlyInAnyOrder(Algorithm.ONEDNN, Algorithm.DIRECT);
  }

  @Test
  void anUnknownNameIsRefusedWithThoseThereAre() {
    System.setProperty(PROPERTY, "onednn,fft");
    assertThatIllegalArgumentException()
        .isThrownBy(Algorithm::allowed)
        .withMessage(
            "-Dresidual.convolutions lists onednn, direct, winograd and winograd_bf16, not fft");
  }
}
