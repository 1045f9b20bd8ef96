package dev.residual.backend.cudnn;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.backend.cudnn.plan.CudnnPlanner;
import dev.residual.backend.cudnn.plan.DeviceDescription;
import dev.residual.backend.cudnn.plan.PlanSettings;
import dev.residual.backend.cudnn.plan.Planner;
import dev.residual.bindings.CacheFolders;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.engine.CompileOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * A device with cuDNN: handles, which are dear and so used again, and the plans of all sessions.
 */
final class CudnnDevice {
  private static final Map<Integer, CudnnDevice> OPEN = new HashMap<>();

  private final CudaDevice cuda;
  private final DeviceDescription description;
  private final Deque<MemorySegment> handles = new ArrayDeque<>();
  private final Map<Wanted, Planner> planners = new HashMap<>();

  /** What compilations want of plans. */
  private record Wanted(boolean isMeasured, boolean isDeterministic) {}

  private CudnnDevice(CudaDevice cuda) {
    this.cuda = cuda;
    cuda.enter();
    CudnnLibrary.library();
    MemorySegment handle = create();
    description = DeviceDescription.parse(CudnnPlanner.describe(handle.address()), cuda.toString());
    handles.push(handle);
  }

  /** The device of a number, opened once. */
  static synchronized CudnnDevice open(int ordinal) {
    return OPEN.computeIfAbsent(ordinal, number -> new CudnnDevice(CudaDevice.open(number)));
  }

  CudaDevice cuda() {
    return cuda;
  }

  DeviceDescription description() {
    return description;
  }

  /** The plans for a compilation, found once in the life of the process. */
  synchronized Planner planner(CompileOptions options) {
    return planners.computeIfAbsent(
        new Wanted(options.isMeasured(), options.deterministic()), this::planner);
  }

  private Planner planner(Wanted wanted) {
    PlanSettings settings = PlanSettings.DEFAULT.withDeterministic(wanted.isDeterministic());
    if (wanted.isMeasured()) {
      settings =
          settings.withChoices(CudnnPlanner.choices(CacheFolders.candidates(), description, true));
    }
    MemorySegment handle = take();
    return CudnnPlanner.of(
        handle.address(),
        description,
        settings,
        wanted.isMeasured() ? new PlanTimer(this) : null,
        cuda::enter);
  }

  /** A handle whose work goes to the queue of a memory, which returns it when it is closed. */
  long handle(CudaMemory memory) {
    cuda.enter();
    MemorySegment stream = memory.stream().handle();
    MemorySegment handle = take();
    memory.scope().onClose(() -> put(handle));
    CudnnLibrary.check("cudnnSetStream", Cudnn.cudnnSetStream(handle, stream));
    return handle.address();
  }

  private MemorySegment take() {
    synchronized (handles) {
      MemorySegment kept = handles.poll();
      return kept == null ? create() : kept;
    }
  }

  private void put(MemorySegment handle) {
    synchronized (handles) {
      handles.push(handle);
    }
  }

  private static MemorySegment create() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      CudnnLibrary.check("cudnnCreate", Cudnn.cudnnCreate(out));
      return out.get(ADDRESS, 0);
    }
  }
}
