package dev.residual.spark;

import dev.residual.cli.Main;

/**
 * One process of a training: the command {@code train}, for as long as those live that started it.
 */
public final class Rank {
  private static final int TERMINATED = 143;

  private Rank() {}

  /**
   * Trains.
   *
   * @param args as of the command line
   */
  public static void main(String[] args) {
    // MPI's proxy, and the executor. Neither can tell its end where it is killed.
    ProcessHandle.current().parent().ifPresent(Rank::endWith);
    ProcessHandle.current().parent().flatMap(ProcessHandle::parent).ifPresent(Rank::endWith);
    Main.main(args);
  }

  private static void endWith(ProcessHandle process) {
    process.onExit().thenRun(() -> Runtime.getRuntime().halt(TERMINATED));
  }
}
