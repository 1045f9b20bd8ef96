package dev.residual.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.residual.engine.CommunicationException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What needs no launcher; processes of mpirun are tested with the program. */
class MpiCommunicatorTest {

  @Test
  void aLauncherOfAnotherKindIsNoticed() {
    assertThatExceptionOfType(CommunicationException.class)
        .isThrownBy(
            () -> MpiCommunicator.requireLauncher(Map.of("OMPI_COMM_WORLD_SIZE", "4"), 1, "MPICH"))
        .withMessageContaining("one of 4 processes that Open MPI has started")
        .withMessageContaining("MPICH's library finds itself alone")
        .withMessageContaining("-Dresidual.mpi.path");
    assertThatExceptionOfType(CommunicationException.class)
        .isThrownBy(() -> MpiCommunicator.requireLauncher(Map.of("PMI_SIZE", "2"), 1, "Open MPI"));
    MpiCommunicator.requireLauncher(Map.of("PMI_SIZE", "2"), 2, "MPICH");
    MpiCommunicator.requireLauncher(Map.of("PMI_SIZE", "1"), 1, "MPICH");
    MpiCommunicator.requireLauncher(Map.of(), 1, "MPICH");
  }

  @Test
  void theLibraryIsDescribedWhetherItIsThereOrNot() {
    assertThat(MpiRuntime.describe()).matches("none: .+|MPI .+, binary interface of .+");
  }
}
