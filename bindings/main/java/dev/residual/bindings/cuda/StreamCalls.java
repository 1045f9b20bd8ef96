package dev.residual.bindings.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;

/**
 * What a session puts into streams at every step, by plain addresses.
 *
 * <p>The generated calls take segments, and for each the linker acquires and releases the arena it
 * belongs to. Addresses cost nothing, and nothing guards them: the caller makes sure that what they
 * point to lives until the device has used it. Each returns a {@code CUresult}, for {@link
 * CudaDriver#check}.
 */
public final class StreamCalls {

  private static final MethodHandle LAUNCH =
      handle(
          "cuLaunchKernel",
          JAVA_LONG,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG);
  private static final MethodHandle GRAPH_LAUNCH = handle("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle HOST_TO_DEVICE =
      handle("cuMemcpyHtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle DEVICE_TO_HOST =
      handle("cuMemcpyDtoHAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle DEVICE_TO_DEVICE =
      handle("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle FILL =
      handle("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SYNCHRONIZE = handle("cuStreamSynchronize", JAVA_LONG);
  private static final MethodHandle WAIT =
      handle("cuStreamWaitEvent", JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle RECORD = handle("cuEventRecord", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SET_CONTEXT = handle("cuCtxSetCurrent", JAVA_LONG);

  private StreamCalls() {}

  /**
   * {@code cuLaunchKernel} of a grid and a block of one dimension, without dynamic shared memory.
   *
   * @param function address of the kernel
   * @param blocks number of blocks
   * @param threads number of threads of each block
   * @param stream address of the stream
   * @param parameters address of an array of addresses of the kernel's arguments, which are copied
   *     before the call returns
   */
  public static int launch(long function, int blocks, int threads, long stream, long parameters) {
    return launch(function, blocks, 1, 1, threads, 1, 1, 0, stream, parameters);
  }

  /** {@code cuLaunchKernel}, with its arguments in its order but the last. */
  public static int launch(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long parameters) {
    try {
      return (int)
          LAUNCH.invokeExact(
              function,
              gridX,
              gridY,
              gridZ,
              blockX,
              blockY,
              blockZ,
              sharedBytes,
              stream,
              parameters,
              0L);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuGraphLaunch}. */
  public static int launchGraph(long executableGraph, long stream) {
    try {
      return (int) GRAPH_LAUNCH.invokeExact(executableGraph, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuMemcpyHtoDAsync}: really later only if the host's memory is pinned. */
  public static int copyToDevice(long device, long host, long bytes, long stream) {
    try {
      return (int) HOST_TO_DEVICE.invokeExact(device, host, bytes, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuMemcpyDtoHAsync}: really later only if the host's memory is pinned. */
  public static int copyToHost(long host, long device, long bytes, long stream) {
    try {
      return (int) DEVICE_TO_HOST.invokeExact(host, device, bytes, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuMemcpyDtoDAsync}. */
  public static int copyOnDevice(long to, long from, long bytes, long stream) {
    try {
      return (int) DEVICE_TO_DEVICE.invokeExact(to, from, bytes, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuMemsetD8Async}. */
  public static int fill(long device, byte value, long bytes, long stream) {
    try {
      return (int) FILL.invokeExact(device, value, bytes, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuStreamSynchronize}: waits until all that is in the stream is done. */
  public static int synchronize(long stream) {
    try {
      return (int) SYNCHRONIZE.invokeExact(stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuStreamWaitEvent}: what is put into the stream from now on waits for the event. */
  public static int await(long stream, long event) {
    try {
      return (int) WAIT.invokeExact(stream, event, 0);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuEventRecord}: the event happens when all that is in the stream now is done. */
  public static int record(long event, long stream) {
    try {
      return (int) RECORD.invokeExact(event, stream);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** {@code cuCtxSetCurrent}: the context of the calling thread. */
  public static int setContext(long context) {
    try {
      return (int) SET_CONTEXT.invokeExact(context);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static MethodHandle handle(String function, MemoryLayout... arguments) {
    return CudaDriver.handle(function, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static IllegalStateException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException failure -> throw failure;
      case Error failure -> throw failure;
      default -> new IllegalStateException(e);
    };
  }
}
