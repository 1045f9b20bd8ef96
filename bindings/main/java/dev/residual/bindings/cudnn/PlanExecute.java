package dev.residual.bindings.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/**
 * {@code cudnnBackendExecute} by plain addresses; the caller makes sure that what they point to
 * lives until the call returns, and device memory until the stream is through.
 */
public final class PlanExecute {

  private static final MethodHandle EXECUTE =
      CudnnLibrary.handle(
          "cudnnBackendExecute", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private PlanExecute() {}

  /**
   * Puts the work of a plan into the stream of a handle.
   *
   * @param handle address of the handle
   * @param plan address of the finalised execution plan
   * @param variantPack address of the finalised variant pack
   * @return a {@code cudnnStatus_t}, for {@link CudnnLibrary#check}
   */
  public static int execute(long handle, long plan, long variantPack) {
    try {
      return (int) EXECUTE.invokeExact(handle, plan, variantPack);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
