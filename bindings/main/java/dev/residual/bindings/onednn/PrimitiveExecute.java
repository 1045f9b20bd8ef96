package dev.residual.bindings.onednn;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.HoldingFunction;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * {@code dnnl_primitive_execute} by plain addresses, for the one call that a session makes hundreds
 * of times a step.
 *
 * <p>The generated call takes segments, and for each of them the linker acquires and releases the
 * arena it belongs to, with a compare-and-swap that all threads share. Addresses cost nothing, and
 * nothing guards them: the caller makes sure that the scope they come from is open until the call
 * returns.
 */
public final class PrimitiveExecute {

  private static final FunctionDescriptor DESCRIPTOR =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle EXECUTE = handle(DESCRIPTOR);
  private static final HoldingFunction HOLDING =
      new HoldingFunction(DESCRIPTOR, PrimitiveExecute::handle);

  private PrimitiveExecute() {}

  /**
   * Runs a primitive; may return before it is done if the stream says so, which those of CPUs do
   * not.
   *
   * @param primitive address of the primitive
   * @param stream address of the stream
   * @param count number of arguments
   * @param arguments address of that many {@code dnnl_exec_arg_t}, which must not change until the
   *     call returns
   * @return a {@code dnnl_status_t}, for {@link OneDnn#check}
   */
  public static int execute(long primitive, long stream, int count, long arguments) {
    try {
      return (int) EXECUTE.invokeExact(primitive, stream, count, arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a primitive, and keeps memory until it is done.
   *
   * @param held what {@link HoldingFunction#held} gives
   * @throws IllegalStateException if some of the memory is closed
   */
  public static int execute(
      long primitive, long stream, int count, long arguments, MemorySegment[] held) {
    try {
      return (int)
          HOLDING.handle(held.length).invokeExact(primitive, stream, count, arguments, held);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle handle(FunctionDescriptor descriptor) {
    return OneDnn.handle("dnnl_primitive_execute", descriptor);
  }
}
