package dev.residual.bindings.nccl;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;

/**
 * What a session exchanges at every step, by plain addresses: nothing guards them, and the caller
 * makes sure that what they point to lives until the stream is through. Each returns a {@code
 * ncclResult_t}, for {@link NcclLibrary#check}.
 */
public final class ExchangeCalls {

  private static final MethodHandle SUM =
      handle("ncclAllReduce", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle GATHER =
      handle("ncclAllGather", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final int FLOATS = Nccl.ncclFloat32();
  private static final int PLUS = Nccl.ncclSum();

  private ExchangeCalls() {}

  /**
   * {@code ncclAllReduce} in place: replaces floats by their sums over all ranks.
   *
   * @param communicator address of the communicator
   * @param stream address of the stream
   */
  public static int sum(long floats, long count, long communicator, long stream) {
    try {
      return (int) SUM.invokeExact(floats, floats, count, FLOATS, PLUS, communicator, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /**
   * {@code ncclAllGather}: puts the floats of all ranks one after the other.
   *
   * @param count how many each rank has
   * @param all where they go; the own ones may lie at their place there
   * @param communicator address of the communicator
   * @param stream address of the stream
   */
  public static int gather(long floats, long count, long all, long communicator, long stream) {
    try {
      return (int) GATHER.invokeExact(floats, all, count, FLOATS, communicator, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** A function that takes the communicator and the stream at the end. */
  private static MethodHandle handle(String function, MemoryLayout... arguments) {
    return NcclLibrary.handle(
        function,
        FunctionDescriptor.of(JAVA_INT, arguments).appendArgumentLayouts(JAVA_LONG, JAVA_LONG));
  }

  private static IllegalStateException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      default -> new IllegalStateException(e);
    };
  }
}
