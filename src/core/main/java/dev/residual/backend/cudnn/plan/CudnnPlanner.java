package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.engine.program.TuningFile;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * The plans of cuDNN, for a device that is there or for one that is only described.
 *
 * <p>For a device that is there, all plans that finalize are timed, up to a number, and the fastest
 * is taken; without a timer, and for a device that is not there, the first that finalizes. What was
 * chosen is kept in a file, and later made again without asking the heuristics.
 */
public final class CudnnPlanner implements Planner {
  private final NativeScope scope;
  private final PlanSettings settings;
  private final PlanSearch search;
  private final Runnable entrance;
  private final Map<String, FutureTask<PlanSearch.Answer>> answers = new ConcurrentHashMap<>();

  private CudnnPlanner(
      NativeScope scope, PlanSettings settings, PlanSearch search, Runnable entrance) {
    this.scope = scope;
    this.settings = settings;
    this.search = search;
    this.entrance = entrance;
  }

  /**
   * A planner for a device that is not there.
   *
   * <p>Engines that are compiled at run time want a {@code libcuda.so.1}, which may be one that
   * knows of no device.
   *
   * @throws dev.residual.bindings.NativeLibraryException if there is no cuDNN
   */
  public static CudnnPlanner of(DeviceDescription device, PlanSettings settings) {
    return NativeScope.construct(
        scope -> {
          Descriptor properties =
              properties(scope)
                  .text(Cudnn.CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION(), device.json())
                  .finish();
          return planner(scope, properties, device, settings, null, () -> {}, true);
        });
  }

  /**
   * A planner for the device of a handle.
   *
   * @param handle the address of the handle, which must outlive this
   * @param device what the device is
   * @param timer measures plans; null to take the first that finalizes
   * @param entrance makes the device's context that of a thread, which it is called on
   */
  public static CudnnPlanner of(
      long handle,
      DeviceDescription device,
      PlanSettings settings,
      @Nullable Timer timer,
      Runnable entrance) {
    return NativeScope.construct(
        scope ->
            planner(scope, properties(scope, handle), device, settings, timer, entrance, false));
  }

  /** The JSON by which cuDNN describes the device of a handle, for {@link DeviceDescription}. */
  public static String describe(long handle) {
    try (NativeScope scope = NativeScope.open()) {
      return properties(scope, handle).getText(Cudnn.CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION());
    }
  }

  /**
   * The file for choices of a device, in the first folder that has room.
   *
   * @param isThere whether choices are measured on it
   */
  public static TuningFile choices(List<Path> folders, DeviceDescription device, boolean isThere) {
    return TuningFile.in(
        folders,
        "cuDNN %s %s %d%s"
            .formatted(
                CudnnLibrary.version(),
                device.name(),
                device.multiprocessors(),
                isThere ? "" : " described"));
  }

  private static CudnnPlanner planner(
      NativeScope scope,
      Descriptor properties,
      DeviceDescription device,
      PlanSettings settings,
      @Nullable Timer timer,
      Runnable entrance,
      boolean isDescribed) {
    Errata errata = Errata.of(device, CudnnLibrary.version());
    return new CudnnPlanner(
        scope,
        settings,
        new PlanSearch(scope, properties, errata, settings, timer, isDescribed),
        entrance);
  }

  private static Descriptor properties(NativeScope scope) {
    return Descriptor.create(
        scope, Cudnn.CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR(), "the device's properties");
  }

  private static Descriptor properties(NativeScope scope, long handle) {
    return properties(scope).library(Cudnn.CUDNN_ATTR_DEVICEPROP_HANDLE(), handle).finish();
  }

  @Override
  public Optional<Plan> plan(OperationGraph graph) {
    return answer(graph).plan();
  }

  @Override
  public String refusal(OperationGraph graph) {
    return answer(graph).refusal();
  }

  private PlanSearch.Answer answer(OperationGraph graph) {
    if (scope.isClosed()) {
      throw new IllegalStateException("the planner is closed");
    }
    FutureTask<PlanSearch.Answer> task =
        answers.computeIfAbsent(
            graph.signature(), _ -> new FutureTask<>(() -> search.search(graph)));
    // The thread that comes first computes it, and all others wait.
    task.run();
    return task.resultNow();
  }

  @Override
  public void prepare(Collection<OperationGraph> graphs) {
    ParallelTasks.run(
        settings.threads(),
        entrance,
        graphs.stream().distinct().<Runnable>map(g -> () -> answer(g)).toList());
  }

  @Override
  public void close() {
    scope.close();
  }
}
