package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.backend.cudnn.device.DeviceCommunicator;
import dev.residual.engine.Communicator.Exchange;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.function.Function;

/** A collection of what all processes have. */
final class GatherStep implements Step {
  private final GatherLaunch launch;
  private final Buffer all;
  private final Exchange exchange;

  GatherStep(GatherLaunch launch, Function<Value, Buffer> buffers, CudaMemory memory) {
    DeviceCommunicator processes = memory.processes();
    if (processes == null) {
      throw new IllegalArgumentException(launch + " is for several processes");
    }
    this.launch = launch;
    all = buffers.apply(launch.all());
    Buffer own = buffers.apply(launch.own());
    exchange = processes.gather(own::segment, launch.own().shape().elements());
  }

  @Override
  public void run() {
    exchange.run(all.segment());
  }

  @Override
  public String implementation(Op op) {
    return launch.implementation();
  }
}
