package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.engine.Work;
import dev.residual.engine.program.Execution;
import dev.residual.engine.program.LayoutCopy;
import dev.residual.engine.program.Memory;
import dev.residual.engine.program.Step;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a device, with the queue of a session's work. Queue and staging memory are made when
 * they are first needed.
 */
public final class CudaMemory implements Memory {
  private static final String SYNCHRONOUS = "residual.cuda.synchronous";

  private final CudaDevice device;
  private final NativeScope scope = NativeScope.open();
  private final Map<Value, InputStaging> inputs = new HashMap<>();
  private final PinnedMemory staging = new PinnedMemory();
  private final boolean isSynchronous;
  private final DevicePointer pointer;
  private final @Nullable DeviceCommunicator processes;
  private @Nullable CudaStream stream;
  private @Nullable CudaStream copies;

  /**
   * Memory that holds nothing yet, of one process.
   *
   * @throws IllegalArgumentException if the property {@value #SYNCHRONOUS} is neither true nor
   *     false
   */
  public CudaMemory(CudaDevice device) {
    this(device, Communicator.ALONE);
  }

  /**
   * Memory that holds nothing yet.
   *
   * @param hosts the processes that work together, each with a GPU
   * @throws IllegalArgumentException if the property {@value #SYNCHRONOUS} is neither true nor
   *     false
   */
  public CudaMemory(CudaDevice device, Communicator hosts) {
    this.device = device;
    processes = hosts.size() == 1 ? null : new DeviceCommunicator(hosts, this);
    String synchronous = System.getProperty(SYNCHRONOUS, "false");
    isSynchronous = synchronous.equals("true");
    if (!isSynchronous && !synchronous.equals("false")) {
      throw new IllegalArgumentException(
          SYNCHRONOUS + " is " + synchronous + ", expected true or false");
    }
    pointer = new DevicePointer(device, scope);
    scope.onClose(staging::close);
  }

  /** The device that it belongs to. */
  public CudaDevice device() {
    return device;
  }

  /** Owns what uses the memory, which goes before it. */
  public NativeScope scope() {
    return scope;
  }

  /** The processes that work together in memory of devices; null for one alone. */
  public @Nullable DeviceCommunicator processes() {
    return processes;
  }

  /** Whether each step is to be waited for, so that a failure is found where it happens. */
  public boolean isSynchronous() {
    return isSynchronous;
  }

  /** The queue of the steps. */
  public CudaStream stream() {
    if (stream == null) {
      stream = new CudaStream(scope);
    }
    return stream;
  }

  private CudaStream copies() {
    if (copies == null) {
      copies = new CudaStream(scope);
    }
    return copies;
  }

  @Override
  public boolean isDevice() {
    return true;
  }

  @Override
  public boolean isDevice(MemorySegment segment) {
    return Memory.super.isDevice(segment) || pointer.isOnDevice(segment.address());
  }

  @Override
  public String fault(MemorySegment segment, long bytes) {
    boolean isOther = segment.byteSize() != 0 && segment.byteSize() != bytes;
    return isOther
        ? "has %d bytes".formatted(segment.byteSize())
        : pointer.fault(segment.address(), bytes);
  }

  @Override
  public MemorySegment slab(String purpose, long bytes) {
    device.enter();
    MemorySegment slab = allocate(Math.max(1, bytes));
    // Inputs, parameters and states start as zeros.
    CudaDriver.check(
        "cuMemsetD8Async",
        Cuda.cuMemsetD8Async(slab.address(), (byte) 0, Math.max(1, bytes), stream().handle()));
    synchronize();
    return slab;
  }

  /** A small table of zeros that is copied to the device. */
  public DeviceCopy copy(long bytes) {
    device.enter();
    PinnedMemory host = new PinnedMemory();
    scope.onClose(host::close);
    return new DeviceCopy(host.of(bytes).fill((byte) 0), allocate(bytes).address(), stream());
  }

  private MemorySegment allocate(long bytes) {
    return scope.create(
        "cuMemAlloc",
        CudaDriver::check,
        out -> Cuda.cuMemAlloc_v2(out, bytes),
        address -> Cuda.cuMemFree_v2(address.address()));
  }

  @Override
  public long available() {
    return device.freeMemory();
  }

  @Override
  public RuntimeException shortage(String message) {
    return new NativeException(
        "cuMemAlloc", Cuda.CUDA_ERROR_OUT_OF_MEMORY(), "OUT_OF_MEMORY", message);
  }

  @Override
  public void copyIn(
      Value value, MemorySegment data, Layout from, MemorySegment memory, Layout to) {
    device.enter();
    if (value.role() == Role.INPUT) {
      InputStaging input = inputs.get(value);
      if (input == null) {
        input = new InputStaging(scope, this::allocate, value.bytes());
        inputs.put(value, input);
      }
      if (processes == null) {
        input.free();
      } else {
        processes.await(input::free);
      }
      LayoutCopy.copy(value, data, from, input.next(), to);
      input.send(stream(), copies(), memory);
      return;
    }
    MemorySegment pinned = staging.of(value.bytes());
    LayoutCopy.copy(value, data, from, pinned, to);
    CudaDriver.check(
        "cuMemcpyHtoDAsync",
        StreamCalls.copyToDevice(
            memory.address(), pinned.address(), value.bytes(), stream().address()));
    synchronize();
  }

  @Override
  public void copyOut(
      Value value, MemorySegment memory, Layout from, MemorySegment data, Layout to) {
    device.enter();
    MemorySegment pinned = staging.of(value.bytes());
    CudaDriver.check(
        "cuMemcpyDtoHAsync",
        StreamCalls.copyToHost(
            pinned.address(), memory.address(), value.bytes(), stream().address()));
    synchronize();
    LayoutCopy.copy(value, pinned, from, data, to);
  }

  private void synchronize() {
    if (processes == null) {
      stream().synchronize();
    } else {
      processes.await(stream()::synchronize);
    }
  }

  @Override
  public void begin() {
    if (processes != null) {
      processes.begin();
    }
  }

  @Override
  public Execution execution(Step[] steps) {
    Execution each = Memory.super.execution(steps);
    return isSynchronous ? each : new RecordedSteps(each, stream(), scope);
  }

  @Override
  public @Nullable RuntimeException end(RuntimeException failure, List<Work> steps, boolean isRun) {
    if (processes == null) {
      return ended(failure, steps, isRun);
    }
    boolean isOthers = failure instanceof CommunicationException;
    if (!isOthers && !(failure instanceof NativeException)) {
      return null;
    }
    // Work of the queue may wait for others, and would keep it from answering.
    processes.abort(String.valueOf(failure.getMessage()));
    RuntimeException end = isOthers ? null : ended(failure, steps, isRun);
    return end == null ? failure : end;
  }

  /** Asks the queue again: once its work has failed, every call fails. */
  private @Nullable RuntimeException ended(
      RuntimeException failure, List<Work> steps, boolean isRun) {
    if (!(failure instanceof NativeException call)) {
      return null;
    }
    if (stream == null || steps.isEmpty() || stream.isWell()) {
      return isRun ? failure : null;
    }
    String lost = "this process cannot use the GPU any more";
    return call.with(
        isSynchronous
            ? lost
            : ("queued work failed: a step of this session, from %s to %s, or another session's;"
                    + " -D%s=true names the step; %s")
                .formatted(steps.getFirst(), steps.getLast(), SYNCHRONOUS, lost));
  }

  @Override
  public void finish() {
    device.enter();
    if (stream != null) {
      synchronize();
    }
  }

  @Override
  public void close() {
    try {
      finish();
    } finally {
      scope.close();
    }
  }
}
