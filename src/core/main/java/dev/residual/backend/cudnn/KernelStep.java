package dev.residual.backend.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import dev.residual.bindings.kernels.cuda.CudaArguments;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/** A launch of one of our kernels. */
final class KernelStep implements Step {
  private static final int THREADS = CudaArguments.BLOCK_THREADS();

  private final KernelLaunch launch;
  private final long function;
  private final long stream;
  private final int blocks;
  private final int splits;
  private final long parameters;
  private final KernelTables tables;

  KernelStep(KernelLaunch launch, Function<Value, Buffer> buffers, CudaMemory memory) {
    this.launch = launch;
    function = memory.device().kernels().function(launch.kernel());
    stream = memory.stream().handle().address();
    blocks = Math.toIntExact(launch.blocks());
    splits = launch.splits();
    tables = new KernelTables(memory);
    MemorySegment arguments = tables.arguments(launch, buffers);
    MemorySegment pointers = memory.scope().allocate(JAVA_LONG);
    pointers.set(JAVA_LONG, 0, arguments.address());
    parameters = pointers.address();
  }

  @Override
  public void run() {
    tables.upload();
    CudaDriver.check(
        "cuLaunchKernel",
        StreamCalls.launch(function, blocks, splits, 1, THREADS, 1, 1, 0, stream, parameters));
  }

  @Override
  public String implementation(Op op) {
    return launch.implementation();
  }
}
