package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CpuRuntimeTest {
  @Test
  void isDescribedInALineHoweverMuchComputesWrongly() {
    CpuRuntime runtime =
        new CpuRuntime(
            "oneDNN",
            "3.9",
            "libdnnl.so",
            "AVX2",
            false,
            true,
            Optional.of("kernels.so"),
            Optional.empty(),
            Collections.nCopies(300, "an implementation on some shape"));
    assertThat(runtime)
        .hasToString(
            "CpuRuntime[library=oneDNN, version=3.9, location=libdnnl.so, instructions=AVX2,"
                + " bf16=false, int8=true, kernels=Optional[kernels.so], choices=Optional.empty,"
                + " wrong=300 entries]");
  }
}
