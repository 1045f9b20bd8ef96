package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The real NCCL, where it is installed; a GPU is not needed, and no driver. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class InstalledNcclTest {

  @BeforeAll
  static void needsIt() throws Exception {
    String said = output("nccl");
    assumeFalse(said.contains("no usable"), said.substring(said.lastIndexOf("; ") + 2).strip());
  }

  @Test
  void hasEverySymbolThatIsBound() throws Exception {
    assertThat(output("nccl", "nccl-symbols"))
        .containsPattern("nccl: 2\\.\\d+\\.\\d+ from ")
        .contains("nccl-symbols: without []");
  }

  /** Without a GPU it gets no further, but the id has arrived where it belongs. */
  @Test
  void aRefusedCallTellsWhatNcclSaid() throws Exception {
    assertThat(output("nccl-rank"))
        .containsPattern("nccl-rank: ncclCommInitRank returned [1-9] \\(\\S");
  }

  private static String output(String... what) throws Exception {
    return ChildJvm.loadCuda(Map.of(), List.of(), what);
  }
}
