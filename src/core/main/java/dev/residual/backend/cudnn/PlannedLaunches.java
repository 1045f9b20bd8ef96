package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.plan.Plan;
import dev.residual.backend.cudnn.plan.Planner;
import dev.residual.engine.MemoryPlan.Use;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The launches of a graph, of whose operation graphs each has a plan. */
final class PlannedLaunches {
  private final Planner planner;
  private final Launches launches;

  /** What operations write whose results are kept from run to run. */
  private final Set<Value> kept = new HashSet<>();

  /** What had no plan when it was last asked for. */
  private final Set<OperationGraph> refused = new LinkedHashSet<>();

  /**
   * Chooses among the forms of each operation. The plans that this asks for are made at once.
   *
   * @param list the last list of patterns to try, 1 to {@link Launches#ALL}
   */
  PlannedLaunches(Graph graph, Planner planner, int list) {
    this.planner = planner;
    Set<OperationGraph> known = new HashSet<>();
    Set<OperationGraph> unknown = new LinkedHashSet<>();
    Launches chosen;
    do {
      planner.prepare(unknown);
      known.addAll(unknown);
      unknown.clear();
      // What is not known yet is taken to have a plan, until it is.
      chosen =
          new Launches(
              graph,
              operations -> {
                if (known.contains(operations)) {
                  boolean isPlanned = planner.plan(operations).isPresent();
                  if (!isPlanned) {
                    refused.add(operations);
                  }
                  return isPlanned;
                }
                unknown.add(operations);
                return true;
              },
              list);
    } while (!unknown.isEmpty());
    launches = chosen;
    for (Op op : graph.ops()) {
      if (isKept(op)) {
        of(op).forEach(launch -> kept.addAll(writes(launch)));
      }
    }
  }

  /** Whether an operation is done when parameters have been written, and not in each run. */
  boolean isKept(Op op) {
    return launches.kept().isKept(op);
  }

  /** What is to be kept from run to run, of values that no caller can write. */
  Set<Value> kept() {
    return kept;
  }

  /** The order of a value's elements. */
  Layout layout(Value value) {
    return launches.layout(value);
  }

  /** What an operation becomes; empty where others do its work. */
  List<Launch> of(Op op) {
    return launches.of(op);
  }

  /** Why the best operation graph of an operation has no plan; empty if it has one. */
  String refusal(Op op) {
    refused.clear();
    List<Launch> ignored = OpLaunches.of(launches, op);
    return refused.isEmpty() ? "" : planner.refusal(refused.iterator().next());
  }

  /** The plan of a launch. */
  Plan plan(GraphLaunch launch) {
    return planner
        .plan(launch.graph())
        .orElseThrow(() -> new IllegalStateException("cuDNN has no plan for\n" + launch.graph()));
  }

  /** What a plan needs while it runs. */
  Value workspace(GraphLaunch launch) {
    return Value.activation(
        launch.writes().getFirst().name() + ".workspace",
        Shape.of((int) Math.max(1, plan(launch).workspaceBytes())),
        DType.U8);
  }

  private Set<Value> writes(Launch launch) {
    Set<Value> writes = new LinkedHashSet<>(launch.writes());
    if (launch instanceof GraphLaunch operations) {
      writes.add(workspace(operations));
    }
    return writes;
  }

  /** What the launches of each operation read and write. */
  List<Use> uses(Graph graph) {
    List<Use> uses = new ArrayList<>();
    for (Op op : graph.ops()) {
      Set<Value> reads = new LinkedHashSet<>();
      Set<Value> writes = new LinkedHashSet<>();
      for (Launch launch : launches.of(op)) {
        reads.addAll(launch.reads());
        writes.addAll(writes(launch));
      }
      reads.removeAll(kept);
      writes.removeIf(value -> value.role() != Role.ACTIVATION || kept.contains(value));
      uses.add(new Use(reads, writes, List.of()));
    }
    return uses;
  }
}
