package dev.residual.bindings.onednn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/**
 * The OpenMP runtime that the loaded oneDNN uses, found through oneDNN itself, so that it is never
 * another copy.
 *
 * <p>The number of threads belongs to the calling thread, and a primitive descriptor keeps the
 * number that it was created with: set it on the thread that creates and executes. Every thread
 * that executes has a team of workers of its own; so execute on few, and on platform threads only.
 */
public final class OpenMp {

  private static final MethodHandle SET_NUM_THREADS =
      OneDnn.handle("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
  private static final MethodHandle SET_DYNAMIC =
      OneDnn.handle("omp_set_dynamic", FunctionDescriptor.ofVoid(JAVA_INT));
  private static final MethodHandle GET_DYNAMIC = getter("omp_get_dynamic");
  private static final MethodHandle GET_MAX_THREADS = getter("omp_get_max_threads");
  private static final MethodHandle GET_THREAD_LIMIT = getter("omp_get_thread_limit");
  private static final MethodHandle GET_MAX_ACTIVE_LEVELS = getter("omp_get_max_active_levels");

  private OpenMp() {}

  /** Whether threads begin with teams that may be smaller than asked for ({@code OMP_DYNAMIC}). */
  private static final class Beginning {
    static final boolean IS_DYNAMIC = get(GET_DYNAMIC) != 0;
  }

  /**
   * Sets the number of threads for parallel regions that the calling thread enters: exactly as
   * many, for threads of oneDNN's primitives wait for all that were planned.
   *
   * @param threads not more than {@link #mostThreads}
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads");
    }
    set(SET_NUM_THREADS, threads);
    if (Beginning.IS_DYNAMIC) {
      set(SET_DYNAMIC, 0);
    }
  }

  /** The number of threads for parallel regions that the calling thread enters. */
  public static int maxThreads() {
    return get(GET_MAX_THREADS);
  }

  /**
   * The most threads that a parallel region of the calling thread can have: what {@code
   * OMP_THREAD_LIMIT} says, and 1 where {@code OMP_MAX_ACTIVE_LEVELS} is 0.
   */
  public static int mostThreads() {
    return get(GET_MAX_ACTIVE_LEVELS) < 1 ? 1 : Math.max(1, get(GET_THREAD_LIMIT));
  }

  private static MethodHandle getter(String function) {
    return OneDnn.handle(function, FunctionDescriptor.of(JAVA_INT));
  }

  private static int get(MethodHandle getter) {
    try {
      return (int) getter.invokeExact();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void set(MethodHandle setter, int value) {
    try {
      setter.invokeExact(value);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
