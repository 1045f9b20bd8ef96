package dev.residual.cli;

import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.mpi.MpiCommunicator;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** This process among those that train together. */
final class Processes implements AutoCloseable {
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final @Nullable MpiCommunicator mpi;
  private final boolean sharedNorms;
  private volatile boolean isEnding;

  private Processes(@Nullable MpiCommunicator mpi, boolean sharedNorms) {
    this.mpi = mpi;
    this.sharedNorms = sharedNorms;
  }

  /** One process; the statistics of its batches are those of the whole, shared or not. */
  static Processes alone(boolean sharedNorms) {
    return new Processes(null, sharedNorms);
  }

  /**
   * Those that a launcher of MPI has started.
   *
   * @param console told when another process fails, upon which this one ends
   */
  static Processes ofMpi(Duration patience, boolean sharedNorms, Console console) {
    MpiCommunicator mpi = MpiCommunicator.open(patience);
    Processes processes = new Processes(mpi, sharedNorms);
    mpi.onFailure(failure -> processes.end(failure, console));
    return processes;
  }

  /** Soon: launchers kill all others when a process ends so, and each is to say why first. */
  private void end(CommunicationException failure, Console console) {
    isEnding = true;
    console.note("residual: " + failure.getMessage());
    Thread.ofPlatform().daemon().name("residual-exit").start(Processes::exit);
  }

  private static void exit() {
    try {
      Thread.sleep(LAST_WORDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.exit(1);
  }

  /** Whether batch normalisations take the statistics of the whole batch. */
  boolean sharedNorms() {
    return sharedNorms;
  }

  Communicator communicator() {
    return mpi == null ? Communicator.ALONE : mpi;
  }

  /** Whether this process reports, and writes files. */
  boolean isFirst() {
    return communicator().rank() == 0;
  }

  /** The console of the first process; of the others, one that shows nothing. */
  Console console(Console own) {
    PrintWriter none = new PrintWriter(PrintWriter.nullWriter());
    return isFirst() ? own : new Console(none, none, false);
  }

  /** The threads of this process, where those of a machine share its processors. */
  int threads(int processors) {
    return Math.max(1, processors / onThisMachine(System.getenv()));
  }

  /** How many processes a launcher has started on this machine, as it says. */
  static int onThisMachine(Map<String, String> environment) {
    return Math.max(1, number(environment, "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"));
  }

  /** The number of this process among those on this machine, from 0, as its launcher says. */
  static int numberOnThisMachine(Map<String, String> environment) {
    return number(environment, "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID");
  }

  private static int number(Map<String, String> environment, String openMpi, String mpich) {
    String number = environment.getOrDefault(openMpi, environment.getOrDefault(mpich, "0"));
    return number.matches("\\d{1,6}") ? Integer.parseInt(number) : 0;
  }

  /** A task that can fail as a training does. */
  interface Task<E extends Exception> {
    void run() throws E;
  }

  /** Does this process's part; the others are told if it fails. */
  <E extends Exception> void run(Task<E> task) throws E {
    try {
      task.run();
    } catch (CancellationException e) {
      // All have stopped.
      throw e;
    } catch (Throwable e) {
      if (isEnding) {
        throw new CancellationException(e.getMessage());
      }
      tell(e);
      throw e;
    }
  }

  private void tell(Throwable e) {
    if (mpi == null) {
      return;
    }
    if (e instanceof CommunicationException failure && failure.isFoundByAll()) {
      mpi.leave(failure);
    } else {
      mpi.fail(Failures.message(e));
    }
  }

  @Override
  public void close() {
    if (mpi != null) {
      mpi.close();
    }
  }
}
