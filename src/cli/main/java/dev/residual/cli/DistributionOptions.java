package dev.residual.cli;

import dev.residual.engine.Backend;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How several processes train one network. */
final class DistributionOptions {
  /** What moves gradients between processes. */
  enum Transport {
    /** The Message Passing Interface. */
    MPI
  }

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--distributed",
      paramLabel = "mpi",
      description =
          "Train together with the other processes that mpirun has started, as in 'mpirun -n 4"
              + " residual train ...': each takes its part of every batch, the first one reports."
              + " With --backend cuda each has a GPU of its own.")
  @Nullable Transport transport;

  @Option(
      names = "--sync-batch-norm",
      description =
          "With --distributed: batch normalisations take the statistics of the whole batch, as one"
              + " process would.")
  boolean synchronizes;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description =
          "With --distributed: how long to wait for a process before it is named and all end"
              + " (default: ${DEFAULT-VALUE}).")
  int seconds;

  /** Refuses what is wrong before anything is loaded. */
  void check() {
    OptionChecks.positive(spec, "--wait", seconds);
  }

  /** The backend of this process: of a GPU of its own, where a machine has several. */
  Backend backend(ExecutionOptions engine) {
    return transport == null
        ? engine.backend()
        : engine.backend(Processes.numberOnThisMachine(System.getenv()));
  }

  /** Joins the other processes, if there are any. */
  Processes open(Console console) {
    return transport == null
        ? Processes.alone(synchronizes)
        : Processes.ofMpi(Duration.ofSeconds(seconds), synchronizes, console);
  }
}
