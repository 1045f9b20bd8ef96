package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.nccl.ExchangeCalls;
import dev.residual.bindings.nccl.NcclLibrary;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.function.LongToIntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The processes that run a session's graph, each on a GPU of its own: what lies in memory of the
 * device is exchanged by NCCL.
 *
 * <p>A run begins with a short exchange of the hosts. Whoever waits for the device first waits for
 * that: so a process that is missing is named, which NCCL cannot do.
 */
public final class DeviceCommunicator implements Communicator {
  private final Communicator hosts;
  private final CudaMemory memory;
  private @Nullable Joint joint;

  /** What there is from the first exchange on. */
  private record Joint(NcclRanks ranks, CudaStream queue, Exchange begun) {}

  DeviceCommunicator(Communicator hosts, CudaMemory memory) {
    this.hosts = hosts;
    this.memory = memory;
  }

  @Override
  public int rank() {
    return hosts.rank();
  }

  @Override
  public int size() {
    return hosts.size();
  }

  @Override
  public String name(int process) {
    return hosts.name(process);
  }

  /** The exchange is of memory of the device. All processes must make the same calls. */
  @Override
  public Exchange sum(DType dtype, long count) {
    if (dtype != DType.F32) {
      throw new IllegalArgumentException(dtype + ": GPUs sum F32");
    }
    return exchange(
        "ncclAllReduce", (floats, ranks, queue) -> ExchangeCalls.sum(floats, count, ranks, queue));
  }

  /**
   * An exchange that collects floats of all processes, in the order of their numbers.
   *
   * @param own where those of this process lie on the device
   * @param count how many each has
   */
  public Exchange gather(Supplier<MemorySegment> own, long count) {
    return exchange(
        "ncclAllGather",
        (all, ranks, queue) -> ExchangeCalls.gather(own.get().address(), count, all, ranks, queue));
  }

  @Override
  public Exchange broadcast(long bytes) {
    throw new UnsupportedOperationException("a program broadcasts nothing");
  }

  /** That of the hosts: what was queued on the devices may still be to come. */
  @Override
  public Exchange barrier() {
    return hosts.barrier();
  }

  @Override
  public @Nullable CommunicationException failure() {
    return hosts.failure();
  }

  private Exchange exchange(String function, DeviceExchange.Call call) {
    Joint opened = joint == null ? open() : joint;
    return new DeviceExchange(function, call, this, memory, opened.queue());
  }

  private Joint open() {
    memory.device().enter();
    NcclLibrary.library();
    NativeScope scope = memory.scope();
    Exchange begun = hosts.barrier();
    // All are there: NCCL would wait for one that is not.
    begun.run(MemorySegment.NULL);
    CudaStream queue = new CudaStream(scope);
    NcclRanks ranks = new NcclRanks(hosts, memory.device());
    scope.onClose(ranks::close);
    Joint opened = new Joint(ranks, queue, begun);
    joint = opened;
    return opened;
  }

  /** Tells the others that this process begins a run. */
  void begin() {
    if (joint != null) {
      awaitOthers(joint);
      joint.begun().start(MemorySegment.NULL);
    }
  }

  /**
   * Has NCCL queue something, by the address of its communicator, when all processes have begun the
   * run.
   */
  void call(String function, LongToIntFunction call) {
    if (joint != null) {
      awaitOthers(joint);
      joint.ranks().call(function, call);
    }
  }

  /**
   * Waits for the device.
   *
   * @param waiting does so
   * @throws CommunicationException if the processes do not work together any more; the device has
   *     been waited for then, too
   */
  void await(Runnable waiting) {
    if (joint == null) {
      waiting.run();
      return;
    }
    try {
      awaitOthers(joint);
    } catch (CommunicationException e) {
      // It comes from the ranks, too.
    }
    joint.ranks().await(waiting);
  }

  /** Has NCCL let go of the device, for this process fails. */
  void abort(String reason) {
    if (joint != null) {
      joint.ranks().abort(reason);
    }
  }

  private static void awaitOthers(Joint joint) {
    joint.ranks().requireWell();
    try {
      joint.begun().await();
    } catch (CommunicationException e) {
      joint.ranks().abort(String.valueOf(e.getMessage()));
      throw e;
    }
  }
}
