package dev.residual.engine;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of a compilation.
 *
 * @param threads the number of threads inside an operation, at most {@link #MAX_THREADS}; the
 *     default follows the container's CPU limit. A backend takes fewer where operations are so
 *     short that more would only wait for each other
 * @param measured true: measure shapes without a stored choice and take the fastest; false: take
 *     the first that fits. If empty, the system property {@code residual.tuning} decides; {@link
 *     #isMeasured} tells
 * @param convolutions the algorithms for convolutions to choose from; where none of them fits, the
 *     library's is taken. If empty, the system property {@code residual.convolutions} lists them;
 *     without the property, all are allowed
 * @param deterministic whether a GPU's results must repeat bit for bit, as they do by default:
 *     cuDNN's engines whose results differ from run to run are left out. Other backends repeat
 *     their results anyway
 * @param communicator the processes that run the same graph; {@link Communicator#ALONE} by default
 */
public record CompileOptions(
    int threads,
    Optional<Boolean> measured,
    Set<ConvolutionAlgorithm> convolutions,
    boolean deterministic,
    Communicator communicator) {
  /** More have no use on any machine, and OpenMP would end the process when it runs out of them. */
  public static final int MAX_THREADS = 1024;

  /** As many threads as the container may use. */
  public static final CompileOptions DEFAULT =
      new CompileOptions(Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));

  /**
   * Checks the ranges, and copies the set.
   *
   * @throws IllegalArgumentException if threads is below 1 or above {@link #MAX_THREADS}
   */
  public CompileOptions {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "threads is " + threads + ", expected 1 to " + MAX_THREADS);
    }
    convolutions = Set.copyOf(convolutions);
  }

  /**
   * Settings for so many threads.
   *
   * @throws IllegalArgumentException if threads is below 1 or above {@link #MAX_THREADS}
   */
  public CompileOptions(int threads) {
    this(threads, Optional.empty(), Set.of(), true, Communicator.ALONE);
  }

  /**
   * These settings with another number of threads.
   *
   * @throws IllegalArgumentException if it is below 1 or above {@link #MAX_THREADS}
   */
  public CompileOptions withThreads(int other) {
    return new CompileOptions(other, measured, convolutions, deterministic, communicator);
  }

  /** These settings with or without measurements, whatever the system property says. */
  public CompileOptions withMeasured(boolean other) {
    return new CompileOptions(
        threads, Optional.of(other), convolutions, deterministic, communicator);
  }

  /**
   * These settings with a choice of algorithms, whatever the system property says.
   *
   * @throws IllegalArgumentException if there are none
   */
  public CompileOptions withConvolutions(Set<ConvolutionAlgorithm> others) {
    if (others.isEmpty()) {
      throw new IllegalArgumentException(
          "no algorithms for convolutions: expected some of "
              + List.of(ConvolutionAlgorithm.values()));
    }
    return new CompileOptions(threads, measured, others, deterministic, communicator);
  }

  /** These settings, with results of a GPU that repeat bit for bit or need not. */
  public CompileOptions withDeterministic(boolean other) {
    return new CompileOptions(threads, measured, convolutions, other, communicator);
  }

  /** These settings for processes that run the same graph. */
  public CompileOptions withCommunicator(Communicator other) {
    return new CompileOptions(threads, measured, convolutions, deterministic, other);
  }

  /**
   * Whether shapes are measured: as {@link #measured} says, else as the system property {@code
   * residual.tuning} does, {@code on} or {@code off}; without the property they are.
   *
   * @throws IllegalArgumentException if the property says something else
   */
  public boolean isMeasured() {
    return measured.orElseGet(CompileOptions::isTuning);
  }

  private static boolean isTuning() {
    String tuning = System.getProperty("residual.tuning", "on");
    return switch (tuning) {
      case "on" -> true;
      case "off" -> false;
      default ->
          throw new IllegalArgumentException(
              "residual.tuning is " + tuning + ", expected on or off");
    };
  }
}
