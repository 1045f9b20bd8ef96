package dev.residual.bindings.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/**
 * {@code residual_run} and {@code residual_execute} by plain addresses, for the calls that a
 * session makes at every step: a process that exits waits for them.
 */
public final class KernelExecute {

  private static final MethodHandle RUN =
      KernelLibrary.handle("residual_run", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));

  private static final MethodHandle EXECUTE =
      KernelLibrary.handle(
          "residual_execute",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
  private static final long PRIMITIVE_EXECUTE =
      OneDnn.library().address("dnnl_primitive_execute").address();

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

  /**
   * Runs a primitive of oneDNN, as {@link dev.residual.bindings.onednn.PrimitiveExecute#execute}
   * does, with the same arguments and results.
   */
  public static int execute(long primitive, long stream, int count, long arguments) {
    try {
      return (int) EXECUTE.invokeExact(PRIMITIVE_EXECUTE, primitive, stream, count, arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
