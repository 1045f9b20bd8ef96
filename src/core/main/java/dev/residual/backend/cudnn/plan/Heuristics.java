package dev.residual.backend.cudnn.plan;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** What cuDNN's heuristics say of a graph: engines and settings, the most promising first. */
final class Heuristics {

  /** A: a decision tree. B: a network, slower, for what A does not know. FALLBACK: the rest. */
  private static final List<Mode> MODES =
      List.of(
          new Mode("A", Cudnn.CUDNN_HEUR_MODE_A()),
          new Mode("B", Cudnn.CUDNN_HEUR_MODE_B()),
          new Mode("FALLBACK", Cudnn.CUDNN_HEUR_MODE_FALLBACK()));

  /** More settings than any engine has; engines do not tell how many they have. */
  private static final int MOST_KNOBS = 64;

  private record Mode(String name, int code) {}

  private Heuristics() {}

  /**
   * The choices of all heuristics for a graph, each once.
   *
   * @param refusals is told the words of heuristics that refuse
   */
  static List<EngineChoice> choices(
      Descriptor graph, Descriptor device, Consumer<String> refusals) {
    Set<EngineChoice> choices = new LinkedHashSet<>();
    for (Mode mode : MODES) {
      try (NativeScope scope = NativeScope.open()) {
        List<EngineChoice> found = choices(scope, mode, graph, device);
        if (found.isEmpty()) {
          refusals.accept(
              ("heuristics " + mode.name() + " know none " + CudnnLibrary.lastError()).strip());
        }
        choices.addAll(found);
      } catch (NativeException e) {
        refusals.accept(String.valueOf(e.getMessage()));
      }
    }
    return List.copyOf(choices);
  }

  private static List<EngineChoice> choices(
      NativeScope scope, Mode mode, Descriptor graph, Descriptor device) {
    Descriptor heuristics =
        Descriptor.create(
                scope, Cudnn.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR(), "heuristics " + mode.name())
            .refer(Cudnn.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH(), graph)
            .enums(Cudnn.CUDNN_ATTR_ENGINEHEUR_MODE(), Cudnn.CUDNN_TYPE_HEUR_MODE(), mode.code())
            .refer(Cudnn.CUDNN_ATTR_ENGINEHEUR_DEVICEPROP(), device)
            .finish();
    long count =
        heuristics.count(
            Cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS(), Cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR());
    List<Descriptor> configurations =
        copies(scope, Cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR(), "a configuration", count);
    List<Descriptor> engine =
        copies(scope, Cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR(), "an engine", 1);
    List<Descriptor> knobs =
        copies(scope, Cudnn.CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR(), "a knob choice", MOST_KNOBS);
    return heuristics.getDescriptors(Cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS(), configurations).stream()
        .map(configuration -> choice(configuration, engine, knobs))
        .toList();
  }

  private static List<Descriptor> copies(NativeScope scope, int type, String title, long count) {
    return LongStream.range(0, count).mapToObj(_ -> Descriptor.create(scope, type, title)).toList();
  }

  /** Reads a configuration, by descriptors that are written anew for each. */
  private static EngineChoice choice(
      Descriptor configuration, List<Descriptor> engine, List<Descriptor> knobs) {
    configuration.getDescriptors(Cudnn.CUDNN_ATTR_ENGINECFG_ENGINE(), engine);
    return new EngineChoice(
        engine.getFirst().getLong(Cudnn.CUDNN_ATTR_ENGINE_GLOBAL_INDEX()),
        configuration.getDescriptors(Cudnn.CUDNN_ATTR_ENGINECFG_KNOB_CHOICES(), knobs).stream()
            .map(Heuristics::knob)
            .toList());
  }

  private static EngineChoice.Knob knob(Descriptor knob) {
    return new EngineChoice.Knob(
        knob.getEnums(Cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE(), Cudnn.CUDNN_TYPE_KNOB_TYPE(), 1)
            .getFirst(),
        knob.getLong(Cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE()));
  }
}
