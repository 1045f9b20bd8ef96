package dev.residual.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, and proxies of this host. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HydraTest {
  private static final int PROCESSES = 2;
  @TempDir Path folder;

  private static Hydra start(String script) throws IOException {
    assumeTrue(ResidualTrainerTest.hasLauncher(), "no mpiexec.hydra on this machine");
    return Hydra.start("", "127.0.0.1", PROCESSES, List.of("sh", "-c", script));
  }

  private static int run(Hydra hydra) throws IOException, InterruptedException {
    List<Process> proxies = new ArrayList<>();
    for (String command : hydra.commands()) {
      proxies.add(new ProcessBuilder(command.split(" +")).start());
    }
    assertThat(proxies).hasSize(PROCESSES);
    int code = hydra.process().waitFor();
    for (Process proxy : proxies) {
      assertThat(proxy.waitFor()).isZero();
    }
    return code;
  }

  /** Other hosts may not have the folder that this process works in. */
  @Test
  void processesWorkInAFolderThatAllHostsHave() throws Exception {
    try (Hydra hydra = start("echo residual: $(pwd)")) {
      assertThat(run(hydra)).isZero();
      assertThat(hydra.lastWords()).isEqualTo("residual: /\nresidual: /");
    }
  }

  @Test
  void reasonsAreKeptWhateverIsSaidAfterThem() throws Exception {
    try (Hydra hydra = start("echo residual: full; seq 1000; exit 3")) {
      assertThat(run(hydra)).isEqualTo(3);
      assertThat(hydra.lastWords()).isEqualTo("residual: full\nresidual: full");
    }
  }

  @Test
  void withoutReasonsTheLastLinesAreKept() throws Exception {
    try (Hydra hydra = start("[ $PMI_RANK = 1 ] || seq 1000")) {
      assertThat(run(hydra)).isZero();
      assertThat(hydra.lastWords().lines()).hasSize(10).contains("1000").doesNotContain("990");
    }
  }

  @Test
  void whatIsNoLauncherIsRefusedWithItsWords() throws Exception {
    Path other = Files.writeString(folder.resolve("mpirun"), "#!/bin/sh\necho no such option\n");
    assertThat(other.toFile().setExecutable(true)).isTrue();
    try (Hydra hydra = Hydra.start(other.toString(), "127.0.0.1", 1, List.of("true"))) {
      assertThatIOException()
          .isThrownBy(hydra::commands)
          .withMessageStartingWith("mpirun tells no commands: expected that of MPICH")
          .withMessageEndingWith("it said: no such option");
    }
  }

  @Test
  void itIsEndedWithItsProcesses() throws Exception {
    Hydra hydra = start("sleep 60");
    String command = hydra.commands().getFirst();
    Process proxy = new ProcessBuilder(command.split(" +")).start();
    hydra.close();
    assertThat(hydra.process().isAlive()).isFalse();
    assertThat(proxy.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aProxyThatFailsSaysWhy() throws Exception {
    String command = "sh -c echo${IFS}no${IFS}way;exit${IFS}5";
    try (RankProcess process = RankProcess.start(command, Map.of(), List.of())) {
      assertThat(process.proxy().waitFor()).isEqualTo(5);
      assertThat(process.failure())
          .hasMessage("the proxy of a process ended with code 5; it said: no way");
    }
  }
}
