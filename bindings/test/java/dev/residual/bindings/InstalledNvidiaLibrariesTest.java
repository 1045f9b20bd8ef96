package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The real cuDNN and NVRTC, where they are installed; a GPU is not needed, and no driver. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class InstalledNvidiaLibrariesTest {

  @BeforeAll
  static void needsThem() throws Exception {
    for (String library : List.of("cudnn", "nvrtc")) {
      String said = output("stub", library);
      String line = said.lines().filter(l -> l.startsWith(library + ": ")).findFirst().orElse(said);
      assumeFalse(line.contains("no usable"), line + ", in the python that RESIDUAL_PYTHON names");
    }
  }

  @Test
  void haveEverySymbolThatIsBound() throws Exception {
    assertThat(output("stub", "symbols")).contains("symbols: without [][]");
  }

  @Test
  void nvrtcCompilesForAGpuThatIsNotThere() throws Exception {
    assertThat(output("compile")).containsPattern("compile: [1-9]\\d{2,} bytes, 1[23]\\.");
  }

  @Test
  void aFailedCompilationTellsWhatTheCompilerSaid() throws Exception {
    assertThat(output("miscompile"))
        .contains(
            "miscompile: nvrtcCompileProgram returned 6 (NVRTC_ERROR_COMPILATION): test.cu(1)")
        .contains("identifier \"nothing\" is undefined");
  }

  @Test
  void aRefusedCallOfCudnnTellsWhatCudnnSaid() throws Exception {
    assertThat(output("stub", "descriptor"))
        .containsPattern(
            "descriptor: cudnnBackendCreateDescriptor returned \\d+ \\(CUDNN_STATUS_\\w+\\): \\S");
  }

  private static String output(String... what) throws Exception {
    return ChildJvm.loadCuda(Map.of(), List.of(), what);
  }
}
