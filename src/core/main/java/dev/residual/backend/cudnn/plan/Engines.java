package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes plans of one graph from engine and settings.
 *
 * @param graph what the plans compute
 * @param graphDescriptor its descriptor
 * @param device the descriptor of the device's properties
 * @param cache the cache of kernels, without which a plan for a device that is not there cannot be
 *     finalized; null where the device is there
 * @param errata engines that are wrong on this device
 * @param settings what is demanded of plans
 */
record Engines(
    OperationGraph graph,
    Descriptor graphDescriptor,
    Descriptor device,
    @Nullable Descriptor cache,
    Errata errata,
    PlanSettings settings) {

  /**
   * The plan of an engine, which owns its descriptors.
   *
   * @throws dev.residual.bindings.NativeException if cuDNN refuses
   * @throws PlanRefusal if the settings exclude it
   */
  Plan plan(EngineChoice choice) {
    return NativeScope.construct(scope -> plan(scope, choice));
  }

  private Plan plan(NativeScope scope, EngineChoice choice) {
    String erratum = errata.reason(graph, choice.engine());
    if (!erratum.isEmpty()) {
      throw new PlanRefusal(erratum);
    }
    Descriptor engine =
        Descriptor.create(scope, Cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR(), choice.toString())
            .refer(Cudnn.CUDNN_ATTR_ENGINE_OPERATION_GRAPH(), graphDescriptor)
            .longs(Cudnn.CUDNN_ATTR_ENGINE_GLOBAL_INDEX(), choice.engine())
            .refer(Cudnn.CUDNN_ATTR_ENGINE_DEVICEPROP(), device)
            .finish();
    Notes notes = Notes.of(engine);
    notes.check(graph, settings);
    Descriptor plan =
        Descriptor.create(
                scope, Cudnn.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR(), "the plan of " + choice)
            .refer(
                Cudnn.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG(),
                configuration(scope, engine, choice));
    if (cache != null) {
      plan.refer(Cudnn.CUDNN_ATTR_EXECUTION_PLAN_KERNEL_CACHE(), cache);
    }
    plan.refer(Cudnn.CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP(), device).finish();
    long workspace = plan.getLong(Cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE());
    if (workspace > settings.workspaceLimit()) {
      throw new PlanRefusal(
          "its workspace of %,d bytes is over the limit of %,d"
              .formatted(workspace, settings.workspaceLimit()));
    }
    return new Plan(scope, graph, choice, notes, plan, workspace);
  }

  private static Descriptor configuration(
      NativeScope scope, Descriptor engine, EngineChoice choice) {
    List<Descriptor> knobs =
        choice.knobs().stream()
            .map(
                knob ->
                    Descriptor.create(
                            scope,
                            Cudnn.CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR(),
                            "the knob " + knob.type() + ":" + knob.value())
                        .enums(
                            Cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE(),
                            Cudnn.CUDNN_TYPE_KNOB_TYPE(),
                            knob.type())
                        .longs(Cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE(), knob.value())
                        .finish())
            .toList();
    Descriptor configuration =
        Descriptor.create(
                scope, Cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR(), "the configuration of " + choice)
            .refer(Cudnn.CUDNN_ATTR_ENGINECFG_ENGINE(), engine);
    if (!knobs.isEmpty()) {
      configuration.refer(Cudnn.CUDNN_ATTR_ENGINECFG_KNOB_CHOICES(), knobs);
    }
    return configuration.finish();
  }
}
