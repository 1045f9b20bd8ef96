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
  private static final MethodHandle GET_MAX_THREADS =
      OneDnn.handle("omp_get_max_threads", FunctionDescriptor.of(JAVA_INT));

  private OpenMp() {}

  /**
   * Sets the number of threads for parallel regions that the calling thread enters.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads");
    }
    try {
      SET_NUM_THREADS.invokeExact(threads);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** The number of threads for parallel regions that the calling thread enters. */
  public static int maxThreads() {
    try {
      return (int) GET_MAX_THREADS.invokeExact();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
