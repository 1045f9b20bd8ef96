package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ProcessesTest {

  @Test
  void processesOfAMachineShareItsProcessors() {
    assertThat(Processes.onThisMachine(Map.of())).isEqualTo(1);
    assertThat(Processes.onThisMachine(Map.of("MPI_LOCALNRANKS", "4"))).isEqualTo(4);
    assertThat(Processes.onThisMachine(Map.of("OMPI_COMM_WORLD_LOCAL_SIZE", "2"))).isEqualTo(2);
    assertThat(Processes.onThisMachine(Map.of("MPI_LOCALNRANKS", "x"))).isEqualTo(1);
  }

  @Test
  void processesOfAMachineHaveNumbers() {
    assertThat(Processes.numberOnThisMachine(Map.of())).isZero();
    assertThat(Processes.numberOnThisMachine(Map.of("MPI_LOCALRANKID", "3"))).isEqualTo(3);
    assertThat(Processes.numberOnThisMachine(Map.of("OMPI_COMM_WORLD_LOCAL_RANK", "1")))
        .isEqualTo(1);
    assertThat(Processes.numberOnThisMachine(Map.of("MPI_LOCALRANKID", "-1"))).isZero();
  }

  @Test
  void wrongUseIsToldAtOnce() {
    Invocation wait =
        Invocation.of("train", "--model", "resnet18", "--data", "shapes", "--wait", "0");
    assertThat(wait.code()).isEqualTo(2);
    assertThat(wait.err()).contains("--wait");
    Invocation infer =
        Invocation.of(
            "benchmark",
            "--model",
            "resnet18",
            "--batch",
            "1",
            "--mode",
            "infer",
            "--distributed",
            "mpi");
    assertThat(infer.code()).isEqualTo(2);
    assertThat(infer.err()).contains("--distributed goes with --mode train");
  }
}
