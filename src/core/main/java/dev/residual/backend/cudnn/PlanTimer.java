package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.device.CudaEvent;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.plan.BoundPlan;
import dev.residual.backend.cudnn.plan.Plan;
import dev.residual.backend.cudnn.plan.Timer;
import dev.residual.engine.MemoryPlan;
import java.util.Arrays;
import java.util.List;

/** Measures plans on the device, in memory of their own. */
final class PlanTimer implements Timer {
  private static final int ROUNDS = 5;

  private final CudnnDevice device;

  PlanTimer(CudnnDevice device) {
    this.device = device;
  }

  @Override
  public long time(Plan plan) {
    CudaMemory memory = new CudaMemory(device.cuda());
    try (BoundPlan bound = plan.bind()) {
      List<GraphTensor> arguments = plan.graph().arguments();
      long[] pointers = new long[arguments.size()];
      long bytes = 0;
      for (int i = 0; i < pointers.length; i++) {
        pointers[i] = bytes;
        bytes += MemoryPlan.align(arguments.get(i).bytes());
      }
      long start = memory.slab("measurements", bytes + plan.workspaceBytes()).address();
      for (int i = 0; i < pointers.length; i++) {
        pointers[i] += start;
      }
      bound.point(pointers, plan.workspaceBytes() > 0 ? start + bytes : 0);
      return median(bound, memory);
    } finally {
      memory.close();
    }
  }

  private long median(BoundPlan bound, CudaMemory memory) {
    long handle = device.handle(memory);
    CudaEvent begin = CudaEvent.timed(memory.scope());
    CudaEvent end = CudaEvent.timed(memory.scope());
    double[] seconds = new double[ROUNDS];
    bound.execute(handle);
    for (int round = 0; round < ROUNDS; round++) {
      begin.record(memory.stream());
      bound.execute(handle);
      end.record(memory.stream());
      end.synchronize();
      seconds[round] = end.secondsSince(begin);
    }
    Arrays.sort(seconds);
    return (long) (1e9 * seconds[ROUNDS / 2]);
  }
}
