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
  void wrongUseIsToldAtOnce() {
    Invocation gpu =
        Invocation.of(
            "train",
            "--model",
            "resnet18",
            "--data",
            "shapes",
            "--distributed",
            "mpi",
            "--backend",
            "cuda");
    assertThat(gpu.code()).isEqualTo(2);
    assertThat(gpu.err()).contains("--distributed trains on processors");
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
