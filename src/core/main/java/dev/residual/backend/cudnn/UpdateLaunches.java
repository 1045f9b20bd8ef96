package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.KernelLaunch.Pointer;
import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The steps of optimisers on all parameters at once, where the operation is the last of them. */
final class UpdateLaunches {
  private UpdateLaunches() {}

  static List<Launch> of(Launches launches, SgdUpdate op) {
    List<SgdUpdate> all = UpdateGroups.of(launches.index().graph(), op);
    if (!all.getLast().equals(op)) {
      return List.of();
    }
    TensorTable table = new TensorTable();
    for (SgdUpdate update : all) {
      TensorTable.Row row = row(launches, table, update);
      Value velocity = update.velocity();
      if (velocity != null) {
        row.inOut("velocity", velocity);
      }
      row.with("momentum", update.momentum())
          .with("decay", update.weightDecay())
          .with("nesterov", update.nesterov() ? 1 : 0);
    }
    return List.of(
        withHalves(launches, table.launch("sgd", "sgd_entry"), all).type(op.parameter()));
  }

  static List<Launch> of(Launches launches, AdamWUpdate op) {
    List<AdamWUpdate> all = UpdateGroups.of(launches.index().graph(), op);
    if (!all.getLast().equals(op)) {
      return List.of();
    }
    Value corrections = scratch(op, "corrections", 2 * all.size());
    TensorTable counts = new TensorTable();
    TensorTable table = new TensorTable();
    for (int i = 0; i < all.size(); i++) {
      AdamWUpdate update = all.get(i);
      AdamWUpdate.Settings settings = update.settings();
      long place = 2L * i * Float.BYTES;
      counts
          .row(update.parameter())
          .inOut("steps", update.steps())
          .put("corrections", new Pointer(corrections, place, false, true))
          .with("beta1", settings.beta1())
          .with("beta2", settings.beta2());
      row(launches, table, update)
          .inOut("mean", update.mean())
          .inOut("variance", update.variance())
          .put("corrections", new Pointer(corrections, place, true, false))
          .with("beta1", settings.beta1())
          .with("beta2", settings.beta2())
          .with("epsilon", settings.epsilon())
          .with("decay", settings.weightDecay());
    }
    return List.of(
        counts
            .rowLaunch("adamw_corrections", "adamw_entry")
            .inIfPresent("factor", op.factor())
            .elements(all.size()),
        withHalves(launches, table.launch("adamw", "adamw_entry"), all));
  }

  static List<Launch> of(Launches launches, LarsUpdate op) {
    List<LarsUpdate> all = UpdateGroups.of(launches.index().graph(), op);
    if (!all.getLast().equals(op)) {
      return List.of();
    }
    Value ratios = scratch(op, "ratios", all.size());
    List<Value> norms = new ArrayList<>();
    TensorTable trusts = new TensorTable();
    TensorTable table = new TensorTable();
    for (int i = 0; i < all.size(); i++) {
      LarsUpdate update = all.get(i);
      long place = (long) i * Float.BYTES;
      norms.add(update.parameter());
      norms.add(update.gradient());
      trusts
          .row(update.parameter())
          .put("ratio", new Pointer(ratios, place, false, true))
          .with("trust", update.trust())
          .with("decay", update.weightDecay())
          .with("epsilon", update.epsilon());
      row(launches, table, update)
          .inOut("velocity", update.velocity())
          .put("ratio", new Pointer(ratios, place, true, false))
          .with("momentum", update.momentum())
          .with("decay", update.weightDecay());
    }
    Value partial = TensorLaunches.partial(op.parameter(), norms);
    return List.of(
        TensorLaunches.squares(norms, partial),
        trusts
            .rowLaunch("lars_ratios", "lars_entry")
            .in("partial", partial)
            .inIfPresent("factor", op.factor())
            .rows(all.size()),
        withHalves(launches, table.launch("lars", "lars_entry"), all));
  }

  static List<Launch> of(Launches launches, Lerp op) {
    List<Lerp> all = UpdateGroups.of(launches.index().graph(), op);
    if (!all.getLast().equals(op)) {
      return List.of();
    }
    TensorTable table = new TensorTable();
    for (Lerp lerp : all) {
      table
          .row(lerp.target())
          .inOut("target", lerp.target())
          .in("source", lerp.source())
          .in("share", lerp.share());
    }
    return List.of(table.launch("lerp", "lerp_entry"));
  }

  private static Value scratch(ParameterUpdate op, String name, int elements) {
    return Value.activation(op.parameter().name() + "." + name, Shape.of(elements), DType.F32);
  }

  /** A row with what all updates have. */
  private static TensorTable.Row row(Launches launches, TensorTable table, ParameterUpdate update) {
    TensorTable.Row row =
        table
            .row(update.parameter())
            .inOut("parameter", update.parameter())
            .in("gradient", update.gradient())
            .in("learning_rate", update.learningRate());
    Value half = launches.kept().half(update.parameter());
    return half == null ? row : row.out("half", half);
  }

  private static KernelLaunch withHalves(
      Launches launches, KernelLaunch launch, List<? extends ParameterUpdate> all) {
    launch.inIfPresent("factor", all.getFirst().factor());
    for (ParameterUpdate update : all) {
      Value half = launches.kept().half(update.parameter());
      if (half != null) {
        return launch.type("half_type", half);
      }
    }
    return launch;
  }
}
