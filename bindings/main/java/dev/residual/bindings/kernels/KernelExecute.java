package dev.residual.bindings.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/** {@code residual_run} by plain address, for the calls that a session makes at every step. */
public final class KernelExecute {

  private static final MethodHandle RUN =
      KernelLibrary.handle("residual_run", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));

  private KernelExecute() {}

  /**
   * Runs a kernel to its end.
   *
   * @param kernel one of the constants of {@link Residual}
   * @param arguments address of the structure that the kernel takes
   * @throws IllegalArgumentException if there is no such kernel
   */
  public static void execute(int kernel, long arguments) {
    int status;
    try {
      status = (int) RUN.invokeExact(kernel, arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (status != 0) {
      throw new IllegalArgumentException("there is no kernel " + kernel);
    }
  }
}
