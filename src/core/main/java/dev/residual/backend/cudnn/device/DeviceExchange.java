package dev.residual.backend.cudnn.device;

import dev.residual.engine.Communicator.Exchange;
import java.lang.foreign.MemorySegment;

/**
 * An exchange between the GPUs of processes, in a queue of its own: it begins behind the work that
 * is queued, and what is queued after it was awaited comes behind it. A recording holds it, too.
 */
final class DeviceExchange implements Exchange {

  /** Queues it, by addresses, and gives NCCL's status. */
  interface Call {
    int queue(long memory, long communicator, long stream);
  }

  private final String function;
  private final Call call;
  private final DeviceCommunicator processes;
  private final CudaStream work;
  private final CudaStream queue;
  private final CudaEvent ready;
  private final CudaEvent done;
  private boolean isRunning;

  DeviceExchange(
      String function,
      Call call,
      DeviceCommunicator processes,
      CudaMemory memory,
      CudaStream queue) {
    this.function = function;
    this.call = call;
    this.processes = processes;
    this.queue = queue;
    work = memory.stream();
    ready = CudaEvent.of(memory.scope());
    done = CudaEvent.of(memory.scope());
  }

  @Override
  public void start(MemorySegment memory) {
    long address = memory.address();
    ready.record(work);
    queue.await(ready);
    processes.call(function, ranks -> call.queue(address, ranks, queue.address()));
    done.record(queue);
    isRunning = true;
  }

  @Override
  public void await() {
    if (isRunning) {
      isRunning = false;
      work.await(done);
    }
  }
}
