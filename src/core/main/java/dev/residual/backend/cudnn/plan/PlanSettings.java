package dev.residual.backend.cudnn.plan;

import dev.residual.engine.program.TuningFile;

/**
 * What is demanded of plans.
 *
 * @param workspaceLimit the most bytes that a plan may need beside its operands
 * @param deterministic whether results must repeat bit for bit
 * @param tf32 whether products of floats may be of numbers rounded to 10 bits of fraction
 * @param trials how many plans of a graph are timed at most, where there is a timer
 * @param threads how many graphs are planned at the same time
 * @param choices keeps what was chosen for later processes
 */
public record PlanSettings(
    long workspaceLimit,
    boolean deterministic,
    boolean tf32,
    int trials,
    int threads,
    TuningFile choices) {

  /** A workspace of 1 GiB, exact floats, 8 plans timed, a thread a processor; nothing is kept. */
  public static final PlanSettings DEFAULT =
      new PlanSettings(
          1L << 30,
          false,
          false,
          8,
          Runtime.getRuntime().availableProcessors(),
          new TuningFile(null));

  /** Checks the numbers. */
  public PlanSettings {
    if (workspaceLimit < 0 || trials < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "a limit of at least 0 bytes, a trial and a thread are needed, not %d, %d and %d"
              .formatted(workspaceLimit, trials, threads));
    }
  }

  /** These settings with another limit of the workspace, in bytes. */
  public PlanSettings withWorkspaceLimit(long bytes) {
    return new PlanSettings(bytes, deterministic, tf32, trials, threads, choices);
  }

  /** These settings, repeatable or not. */
  public PlanSettings withDeterministic(boolean repeatable) {
    return new PlanSettings(workspaceLimit, repeatable, tf32, trials, threads, choices);
  }

  /** These settings, with or without TF32. */
  public PlanSettings withTf32(boolean allowed) {
    return new PlanSettings(workspaceLimit, deterministic, allowed, trials, threads, choices);
  }

  /** These settings with another number of trials. */
  public PlanSettings withTrials(int number) {
    return new PlanSettings(workspaceLimit, deterministic, tf32, number, threads, choices);
  }

  /** These settings with another number of threads. */
  public PlanSettings withThreads(int number) {
    return new PlanSettings(workspaceLimit, deterministic, tf32, trials, number, choices);
  }

  /** These settings, choices kept in a file. */
  public PlanSettings withChoices(TuningFile file) {
    return new PlanSettings(workspaceLimit, deterministic, tf32, trials, threads, file);
  }

  /** What choices depend on beside graph and device, as the start of a line of the file. */
  String key() {
    return (deterministic ? "deterministic " : "") + (tf32 ? "tf32 " : "");
  }
}
