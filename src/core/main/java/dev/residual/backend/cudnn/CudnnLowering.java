package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.backend.cudnn.plan.BoundPlan;
import dev.residual.backend.cudnn.plan.Plan;
import dev.residual.backend.cudnn.plan.Planner;
import dev.residual.engine.MemoryPlan.Use;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Labels;
import dev.residual.engine.program.Lowering;
import dev.residual.engine.program.Program;
import dev.residual.engine.program.Step;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/** The translation of a graph into plans of cuDNN's and launches of our own kernels. */
final class CudnnLowering implements Lowering {
  private static final Step ABSORBED = new Elsewhere("with others");
  private static final Step PREPARED = new Elsewhere("when parameters are written");

  private final CudaMemory memory;
  private final long handle;
  private final PlannedLaunches launches;
  private final Set<Labels> checked = new HashSet<>();

  /** Those of the kept values that have their buffers. */
  private final Set<Value> placed = new HashSet<>();

  /**
   * The lowering of a graph.
   *
   * @param memory owns what steps use
   */
  CudnnLowering(Graph graph, CudnnDevice device, Planner planner, CudaMemory memory) {
    this.memory = memory;
    for (Op op : graph.ops()) {
      CudnnBackend.unsupported(op)
          .ifPresent(
              reason -> {
                throw new UnsupportedOpException(CudnnBackend.NAME, op, reason);
              });
    }
    handle = device.handle(memory);
    launches = new PlannedLaunches(graph, planner, Launches.wanted());
  }

  @Override
  public void lower(Op op, Program program) {
    check(op, program);
    List<Launch> parts = launches.of(op);
    boolean isKept = launches.isKept(op);
    if (isKept || parts.isEmpty()) {
      program.step(isKept ? PREPARED : ABSORBED);
    }
    for (Launch launch : parts) {
      Stream.concat(launch.reads().stream(), launch.writes().stream())
          .forEach(value -> place(value, program));
      Step step =
          switch (launch) {
            case KernelLaunch kernel -> new KernelStep(kernel, program::buffer, memory);
            case GatherLaunch gather -> new GatherStep(gather, program::buffer, memory);
            case GraphLaunch operations -> step(operations, program);
          };
      Step named = new OperationStep(op, step, memory);
      if (isKept) {
        program.prepare(named);
      } else {
        program.step(named);
      }
    }
  }

  private Step step(GraphLaunch launch, Program program) {
    Plan plan = launches.plan(launch);
    Value workspace = launches.workspace(launch);
    place(workspace, program);
    BoundPlan bound = plan.bind();
    memory.scope().onClose(bound::close);
    return new GraphStep(launch, bound, program::buffer, program.buffer(workspace), handle);
  }

  /** Adds a value that the graph lacks; a state keeps what it holds from run to run. */
  private void place(Value value, Program program) {
    if (launches.kept().contains(value)) {
      if (placed.add(value)) {
        program.put(value, program.keep(value.name(), value.bytes()));
      }
    } else if (!program.contains(value)) {
      Buffer buffer = new Buffer(value.name(), value.bytes());
      program.put(value, buffer);
      if (value.role() == Role.STATE) {
        program.workspace(buffer);
      }
    }
  }

  /**
   * Labels that the caller gives are checked before a run, where the host has seen them. Of others
   * our kernels make a loss of NaN.
   */
  private void check(Op op, Program program) {
    Labels labels = Labels.of(op);
    if (labels == null || !checked.add(labels)) {
      return;
    }
    Value rows = labels.rows();
    boolean areSeen =
        labels.value().role() == Role.INPUT && (rows == null || rows.role() == Role.INPUT);
    if (areSeen) {
      IntUnaryOperator given = ints(program.mirror(labels.value()));
      IntUnaryOperator counts = rows == null ? null : ints(program.mirror(rows));
      Buffer first = program.buffer(labels.value());
      Buffer second = rows == null ? first : program.buffer(rows);
      program.check(
          () -> {
            // What the caller has put into memory of the device is not in the mirror.
            if (!first.isBound() && !second.isBound()) {
              int ignored = labels.check(given, counts);
            }
          });
    }
  }

  private static IntUnaryOperator ints(MemorySegment memory) {
    return i -> memory.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
  }

  @Override
  public Layout layout(Value value) {
    return launches.layout(value);
  }

  @Override
  public List<Use> uses(Graph lowered) {
    return launches.uses(lowered);
  }

  /** Stands for an operation that is not done at its place. */
  private record Elsewhere(String when) implements Step {
    @Override
    public void run() {}

    @Override
    public String implementation(Op op) {
      return when;
    }
  }
}
