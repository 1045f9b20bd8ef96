package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.KernelLaunch.Argument;
import dev.residual.backend.cudnn.KernelLaunch.Numbers;
import dev.residual.backend.cudnn.KernelLaunch.Pointer;
import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The work on all parameters at once: one launch casts them, one updates them. */
final class UpdateLaunches {
  private UpdateLaunches() {}

  /** The casts of parameters to one type, where this is the first of them; else nothing. */
  static List<Launch> of(Launches launches, Cast op) {
    List<Cast> all =
        group(launches.index().graph(), Cast.class, op, UpdateLaunches::key).stream()
            .filter(launches.kept()::isKept)
            .toList();
    if (op.src().role() != Role.PARAMETER || all.size() == 1 || !all.contains(op)) {
      return ElementLaunches.of(op);
    }
    if (!all.getFirst().equals(op)) {
      return List.of();
    }
    Table table = new Table();
    for (Cast cast : all) {
      Map<String, Argument> row = table.row(cast.dst());
      row.put("src", new Pointer(cast.src(), 0, true, false));
      row.put("dst", new Pointer(cast.dst(), 0, false, true));
    }
    return List.of(
        table
            .launch("cast_tensors", "tensor_entry")
            .type("src_type", op.src())
            .type("dst_type", op.dst()));
  }

  private static List<Object> key(Cast op) {
    return List.of(op.src().role(), op.src().dtype(), op.dst().dtype());
  }

  /** The updates of all parameters, where this is the last of them; else nothing. */
  static List<Launch> of(Launches launches, SgdUpdate op) {
    List<SgdUpdate> all = together(launches.index().graph(), op);
    if (!all.getLast().equals(op)) {
      return List.of();
    }
    Table table = new Table();
    @Nullable Value half = null;
    for (SgdUpdate update : all) {
      Map<String, Argument> row = table.row(update.parameter());
      row.put("parameter", new Pointer(update.parameter(), 0, true, true));
      row.put("gradient", new Pointer(update.gradient(), 0, true, false));
      Value velocity = update.velocity();
      if (velocity != null) {
        row.put("velocity", new Pointer(velocity, 0, true, true));
      }
      Value copy = launches.kept().half(update.parameter());
      if (copy != null) {
        row.put("half", new Pointer(copy, 0, false, true));
        half = copy;
      }
      row.put("learning_rate", new Pointer(update.learningRate(), 0, true, false));
      row.put("momentum", number(update.momentum()));
      row.put("decay", number(update.weightDecay()));
      row.put("nesterov", number(update.nesterov() ? 1 : 0));
    }
    KernelLaunch launch = table.launch("sgd", "sgd_entry").type(op.parameter());
    Value factor = op.factor();
    if (factor != null) {
      launch.in("factor", factor);
    }
    return List.of(half == null ? launch : launch.type("half_type", half));
  }

  /** The updates that one launch does, in order: at the place of the last of them. */
  static List<SgdUpdate> together(Graph graph, SgdUpdate op) {
    List<SgdUpdate> all = group(graph, SgdUpdate.class, op, UpdateLaunches::key);
    return mayWait(graph, all) ? all : List.of(op);
  }

  private static List<Object> key(SgdUpdate op) {
    Value factor = op.factor();
    return factor == null ? List.of(op.parameter().dtype()) : List.of(factor);
  }

  /** A look at all gradients, and what follows for the scale. */
  static List<Launch> of(LossScaleUpdate op) {
    Value overflow = Value.state(op.factor().name() + ".overflow", Shape.of(), DType.I32);
    Table table = new Table();
    for (Value gradient : op.gradients()) {
      table.row(gradient).put("src", new Pointer(gradient, 0, true, false));
    }
    return List.of(
        table
            .launch("overflow_check", "tensor_entry")
            .inOut("overflow", overflow)
            .type(op.factor()),
        new KernelLaunch("loss_scale_update")
            .inOut("overflow", overflow)
            .inOut("scale", op.scale())
            .inOut("good_steps", op.goodSteps())
            .out("factor", op.factor())
            .with("initial", LossScaleUpdate.INITIAL)
            .with("largest", LossScaleUpdate.LARGEST)
            .with("interval", op.growthInterval()));
  }

  /** Whether nothing that comes after an update, up to the last one, reads what it changes. */
  private static boolean mayWait(Graph graph, List<SgdUpdate> all) {
    Set<Value> changed = new HashSet<>();
    int left = all.size();
    for (Op op : graph.ops()) {
      boolean isUpdate = op instanceof SgdUpdate update && all.contains(update);
      if (!isUpdate && op.inputs().stream().anyMatch(changed::contains)) {
        return false;
      }
      if (isUpdate) {
        changed.addAll(op.updates());
        left--;
        if (left == 0) {
          break;
        }
      }
    }
    return true;
  }

  private static <T extends Op> List<T> group(
      Graph graph, Class<T> type, T op, Function<T, List<Object>> key) {
    return graph.ops().stream()
        .filter(type::isInstance)
        .map(type::cast)
        .filter(other -> key.apply(other).equals(key.apply(op)))
        .toList();
  }

  private static Numbers number(double number) {
    return new Numbers(List.of(number));
  }

  /** The rows of tensors, which are worked on in chunks. */
  private static final class Table {
    private final List<Map<String, Argument>> rows = new ArrayList<>();
    private long chunks;

    Map<String, Argument> row(Value tensor) {
      long count = tensor.shape().elements();
      Map<String, Argument> row = new LinkedHashMap<>();
      row.put("count", number((double) count));
      row.put("first_chunk", number((double) chunks));
      chunks += Math.ceilDiv(count, KernelTypes.CHUNK_ELEMENTS);
      rows.add(row);
      return row;
    }

    KernelLaunch launch(String kernel, String structure) {
      return new KernelLaunch(kernel)
          .table("table", structure, rows)
          .with("chunks", chunks)
          .with("entries", rows.size())
          .on(chunks);
    }
  }
}
