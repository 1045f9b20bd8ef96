package dev.residual.bindings.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.HoldingFunction;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * {@code residual_run} and {@code residual_execute} by plain addresses, for the calls that a
 * session makes at every step: a process that exits waits for them.
 */
public final class KernelExecute {

  private static final FunctionDescriptor RUN_DESCRIPTOR =
      FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle RUN = KernelLibrary.handle("residual_run", RUN_DESCRIPTOR);

  private static final FunctionDescriptor EXECUTE_DESCRIPTOR =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle EXECUTE =
      KernelLibrary.handle("residual_execute", EXECUTE_DESCRIPTOR);
  private static final long PRIMITIVE_EXECUTE =
      OneDnn.library().address("dnnl_primitive_execute").address();

  /** The same functions, with segments to hold; linked when the first is bound. */
  private static final class Holding {
    static final HoldingFunction RUN =
        new HoldingFunction(RUN_DESCRIPTOR, d -> KernelLibrary.handle("residual_run", d));
    static final MethodHandle RUN_FEW = RUN.handle(HoldingFunction.FEW);
    static final HoldingFunction EXECUTE =
        new HoldingFunction(EXECUTE_DESCRIPTOR, d -> KernelLibrary.handle("residual_execute", d));
    static final MethodHandle EXECUTE_FEW = EXECUTE.handle(HoldingFunction.FEW);
  }

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
    requireKnown(kernel, status);
  }

  /**
   * Runs a kernel to its end, and keeps memory until then.
   *
   * @param held what {@link HoldingFunction#held} gives
   * @throws IllegalStateException if some of the memory is closed
   */
  public static void execute(int kernel, long arguments, MemorySegment[] held) {
    int status;
    try {
      status =
          held.length == HoldingFunction.FEW
              ? (int) Holding.RUN_FEW.invokeExact(kernel, arguments, held)
              : (int) Holding.RUN.handle(held.length).invokeExact(kernel, arguments, held);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    requireKnown(kernel, status);
  }

  private static void requireKnown(int kernel, int status) {
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

  /**
   * Runs a primitive of oneDNN, and keeps memory until it is done.
   *
   * @param held what {@link HoldingFunction#held} gives
   * @throws IllegalStateException if some of the memory is closed
   */
  public static int execute(
      long primitive, long stream, int count, long arguments, MemorySegment[] held) {
    try {
      return held.length == HoldingFunction.FEW
          ? (int)
              Holding.EXECUTE_FEW.invokeExact(
                  PRIMITIVE_EXECUTE, primitive, stream, count, arguments, held)
          : (int)
              Holding.EXECUTE
                  .handle(held.length)
                  .invokeExact(PRIMITIVE_EXECUTE, primitive, stream, count, arguments, held);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
