package dev.residual.engine.program;

import dev.residual.engine.Session;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The choice among implementations of one operation: what was fastest when it was measured on this
 * machine.
 *
 * <p>Sums in another order differ in their last bits, so a choice, once made, is kept: in this
 * process, and in a file for later ones. Without a file nothing is measured, and the first
 * implementation is taken: a resumed training could not repeat the choice.
 *
 * <p>Where measurements take longer than a few seconds, a line of the logger {@value #LOGGER} says
 * so, once.
 */
public final class Tuning {
  /** The name of the logger that tells of long measurements, at the level INFO. */
  public static final String LOGGER = "dev.residual.tuning";

  private static final int ROUNDS = 7;

  /** How long measurements may take unannounced, in nanoseconds. */
  private static final long PATIENCE = 5_000_000_000L;

  /** What another implementation must gain to replace the first: less is noise. */
  private static final double GAIN = 0.05;

  private final TuningFile file;
  private final Supplier<? extends Memory> host;
  private final long cache;
  private final long patience;

  /** How long measurements took so far. */
  private long spent;

  private boolean isAnnounced;

  /**
   * Choices that are kept in a file.
   *
   * @param host makes memory of the host, for what measurements write
   * @param cache the bytes to sweep, so that measured operations do not find their operands in them
   */
  public Tuning(TuningFile file, Supplier<? extends Memory> host, long cache) {
    this(file, host, cache, PATIENCE);
  }

  /** Choices of somebody who is told of measurements that take longer than so many nanoseconds. */
  Tuning(TuningFile file, Supplier<? extends Memory> host, long cache, long patience) {
    this.file = file;
    this.host = host;
    this.cache = cache;
    this.patience = patience;
  }

  /** Where choices are kept; empty if they are not. */
  public Optional<String> location() {
    return file.location();
  }

  /**
   * The fastest implementation.
   *
   * @param operation what is chosen for: operation, shapes, type, threads
   * @param implementations the names, the one to take without a measurement first
   * @param sessions makes a session that runs the operation with an implementation
   */
  public String fastest(
      String operation, List<String> implementations, Function<String, Session> sessions) {
    synchronized (file) {
      return file.choice(operation, implementations, () -> announced(implementations, sessions));
    }
  }

  private String announced(List<String> names, Function<String, Session> factory) {
    if (spent > patience && !isAnnounced) {
      isAnnounced = true;
      System.getLogger(LOGGER)
          .log(
              System.Logger.Level.INFO,
              "shapes that are new to this machine are measured, which can take minutes; choices"
                  + " are kept in {0}",
              location().orElse("memory"));
    }
    long begin = System.nanoTime();
    try {
      return measure(names, factory);
    } finally {
      spent += System.nanoTime() - begin;
    }
  }

  /**
   * Whether an implementation is right, as a trial showed now or, where that was kept, before.
   *
   * @param trial the implementation, and what it was tried on
   * @param keep whether to store "right"; "wrong" is always stored
   */
  public boolean isRight(String trial, boolean keep, BooleanSupplier run) {
    synchronized (file) {
      return file.isRight(trial, keep, run);
    }
  }

  /** Implementations that were found to be wrong, and for what; of all threads and processes. */
  public List<String> wrong() {
    synchronized (file) {
      return file.wrong();
    }
  }

  /**
   * Runs in turns, so that a disturbance meets all; the best run counts. What would stay in the
   * cache from run to run is swept out of it: in a network its weights are not there either.
   */
  private String measure(List<String> names, Function<String, Session> factory) {
    Session[] sessions = new Session[names.size()];
    long[] best = new long[sessions.length];
    Arrays.fill(best, Long.MAX_VALUE);
    try (Memory scope = host.get()) {
      long largest = 0;
      for (int i = 0; i < sessions.length; i++) {
        sessions[i] = factory.apply(names.get(i));
        fill(sessions[i]);
        sessions[i].run();
        sessions[i].finish();
        largest = Math.max(largest, sessions[i].bytes());
      }
      MemorySegment swept = scope.slab("measurements", largest < cache ? 2 * cache : 0);
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < sessions.length; i++) {
          swept.fill((byte) round);
          long start = System.nanoTime();
          sessions[i].run();
          sessions[i].finish();
          best[i] = Math.min(best[i], System.nanoTime() - start);
        }
      }
    } finally {
      for (Session session : sessions) {
        if (session != null) {
          session.close();
        }
      }
    }
    best[0] = (long) (best[0] * (1 - GAIN));
    int winner = 0;
    for (int i = 1; i < best.length; i++) {
      winner = best[i] < best[winner] ? i : winner;
    }
    return names.get(winner);
  }

  /** Writes ordinary numbers: untouched pages all map to one zero page and would be cached. */
  private void fill(Session session) {
    List<Value> inputs = session.graph().values(Role.INPUT);
    long most = inputs.stream().mapToLong(Value::bytes).max().orElse(0);
    try (Memory scope = host.get()) {
      MemorySegment numbers = scope.slab("inputs of measurements", most).fill((byte) 0x3f);
      for (Value input : inputs) {
        session.write(input, numbers.asSlice(0, input.bytes()), session.layout(input));
      }
    }
  }
}
