package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.plan.CudnnPlanner;
import dev.residual.backend.cudnn.plan.DeviceDescription;
import dev.residual.backend.cudnn.plan.Plan;
import dev.residual.backend.cudnn.plan.PlanSettings;
import dev.residual.backend.cudnn.plan.Planner;
import dev.residual.bindings.CacheFolders;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.MemoryPlan.Use;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a graph becomes on a device that need not be there.
 *
 * @param device what it is planned for
 * @param rows the launches of a run, in their order
 * @param unplanned how many operations are left to our slow kernels although cuDNN has a pattern
 *     for them
 * @param bound the bytes that a run moves at least
 * @param memory the bytes of the device's memory that a session takes
 * @param seconds how long a run should take
 */
public record DeviceProgram(
    DeviceDescription device,
    List<Row> rows,
    int unplanned,
    long bound,
    long memory,
    double seconds) {

  /** How many lists of patterns there are. */
  public static final int LISTS = Launches.ALL;

  /** The part of a memory's bandwidth that kernels reach at best. */
  private static final double REACHED_BANDWIDTH = 0.9;

  /** The part of the speed so computed that was measured, of frameworks well apart. */
  private static final double REACHED_SPEED = 0.635;

  /** How many times as many operations a second there are for halves as for floats. */
  private static final double HALF_TO_FLOAT = 16;

  /**
   * A launch.
   *
   * @param op the operation whose work it does, or part of it
   * @param implementation its nodes, or the name of our kernel
   * @param engine of cuDNN, with its settings; empty for our kernels
   * @param workspace the bytes that the engine needs
   * @param bytes the bytes that it moves
   * @param refusal why cuDNN has no plan for what it would be better done by; else empty
   */
  public record Row(
      Op op, String implementation, String engine, long workspace, long bytes, String refusal) {}

  /** Copies the list. */
  public DeviceProgram {
    rows = List.copyOf(rows);
  }

  /**
   * Plans a graph. From then on this process cannot use a GPU: a stub stands where the driver
   * would.
   *
   * @param device as {@link DeviceDescription#of} takes it
   * @param list the last list of patterns to try, 1 to {@link #LISTS}
   * @throws NativeLibraryException if there is no cuDNN
   * @throws IllegalStateException if this process has loaded the driver
   * @throws IllegalArgumentException if there is no such device
   */
  public static DeviceProgram of(Graph graph, String device, int list) {
    DeviceDescription description = DeviceDescription.of(device);
    CudaDriver.loadStub();
    PlanSettings settings =
        PlanSettings.DEFAULT
            .withDeterministic(CompileOptions.DEFAULT.deterministic())
            .withChoices(CudnnPlanner.choices(CacheFolders.candidates(), description, false));
    try (Planner planner = CudnnPlanner.of(description, settings)) {
      return of(graph, description, planner, list);
    }
  }

  static DeviceProgram of(Graph graph, DeviceDescription description, Planner planner, int list) {
    PlannedLaunches launches = new PlannedLaunches(graph, planner, list);
    List<Row> rows = new ArrayList<>();
    int unplanned = 0;
    for (Op op : graph.ops()) {
      if (launches.isKept(op)) {
        continue;
      }
      List<Launch> parts = launches.of(op);
      boolean isLeft =
          hasPattern(op)
              && !parts.isEmpty()
              && parts.stream().noneMatch(GraphLaunch.class::isInstance);
      unplanned += isLeft ? 1 : 0;
      String refusal = isLeft ? launches.refusal(op) : "";
      parts.forEach(launch -> rows.add(row(op, launch, launches, refusal)));
    }
    return new DeviceProgram(
        description,
        rows,
        unplanned,
        Traffic.bound(graph),
        memory(graph, launches),
        seconds(graph, description, rows));
  }

  /** What binds, the memory or the arithmetic, and the experience of both. */
  private static double seconds(Graph graph, DeviceDescription device, List<Row> rows) {
    double bytes = rows.stream().mapToLong(Row::bytes).sum();
    double arithmetic = 0;
    for (Op op : graph.ops()) {
      boolean isHalf = op.inputs().getFirst().dtype().isHalf();
      arithmetic += Cost.of(op).flops() * (isHalf ? 1 : HALF_TO_FLOAT) / device.peakHalfFlops();
    }
    return Math.max(bytes / (REACHED_BANDWIDTH * device.memoryBandwidth()), arithmetic)
        / REACHED_SPEED;
  }

  private static Row row(Op op, Launch launch, PlannedLaunches launches, String refusal) {
    String engine = "";
    long workspace = 0;
    if (launch instanceof GraphLaunch operations) {
      Plan plan = launches.plan(operations);
      engine = plan.engine();
      workspace = plan.workspaceBytes();
    }
    return new Row(op, launch.implementation(), engine, workspace, Traffic.of(launch), refusal);
  }

  /** Whether cuDNN computes such an operation. */
  private static boolean hasPattern(Op op) {
    return switch (op) {
      case Conv2d _, Conv2dBackwardData _, Conv2dBackwardWeights _ -> true;
      case Linear _, LinearBackwardData _, LinearBackwardWeights _ -> true;
      case BatchNorm norm -> norm.processes() == 1 && isWhole(norm.src());
      case BatchNormBackward norm -> !norm.frozen() && norm.processes() == 1 && isWhole(norm.src());
      default -> false;
    };
  }

  /** Norms take whole vectors of channels. */
  private static boolean isWhole(Value images) {
    return images.shape().dim(1) % (images.dtype() == DType.F32 ? 4 : 8) == 0;
  }

  /** As a session takes it, with the two places on the way of each input. */
  private static long memory(Graph graph, PlannedLaunches launches) {
    List<Use> uses = launches.uses(graph);
    long inputs =
        graph.values(Role.INPUT).stream().mapToLong(v -> 3 * MemoryPlan.align(v.bytes())).sum();
    Set<Value> kept = new LinkedHashSet<>(graph.values(Role.PARAMETER));
    kept.addAll(graph.values(Role.STATE));
    kept.addAll(launches.kept());
    for (Op op : graph.ops()) {
      for (Launch launch : launches.of(op)) {
        Stream.concat(launch.reads().stream(), launch.writes().stream())
            .filter(value -> value.role() == Role.STATE)
            .forEach(kept::add);
      }
    }
    return MemoryPlan.of(uses, graph.outputs(), Value::bytes).bytes()
        + inputs
        + kept.stream().mapToLong(value -> MemoryPlan.align(value.bytes())).sum();
  }
}
