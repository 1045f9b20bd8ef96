package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.engine.program.TuningFile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The search for the best plan of a graph: what is on file, else what the heuristics say. */
final class PlanSearch {
  private static final System.Logger LOGGER = System.getLogger("dev.residual.planning");

  /** How many different words of refusals are told. */
  private static final int MOST_WORDS = 4;

  private final NativeScope scope;
  private final Descriptor device;
  private final Errata errata;
  private final PlanSettings settings;
  private final @Nullable Timer timer;
  private final boolean isDescribed;
  private final Object timing = new Object();

  /**
   * A search.
   *
   * @param scope owns what is found
   * @param device the descriptor of the device's properties
   * @param isDescribed whether the device is not there
   */
  PlanSearch(
      NativeScope scope,
      Descriptor device,
      Errata errata,
      PlanSettings settings,
      @Nullable Timer timer,
      boolean isDescribed) {
    this.scope = scope;
    this.device = device;
    this.errata = errata;
    this.settings = settings;
    this.timer = timer;
    this.isDescribed = isDescribed;
  }

  /**
   * What is known of a graph.
   *
   * @param refusal why there is no plan; empty if there is one
   */
  record Answer(Optional<Plan> plan, String refusal) {}

  Answer search(OperationGraph graph) {
    Run run = new Run(graph);
    NativeScope owner = NativeScope.open();
    Optional<Plan> plan = Optional.empty();
    try {
      plan = run.search(owner);
    } catch (NativeException e) {
      run.refuse(String.valueOf(e.getMessage()));
    } finally {
      if (plan.isEmpty()) {
        owner.close();
      }
    }
    plan.ifPresent(
        found -> {
          scope.onClose(owner::close);
          scope.onClose(found::close);
        });
    return new Answer(plan, plan.isPresent() ? "" : run.words());
  }

  /** The search for one graph. */
  private final class Run {
    private final OperationGraph graph;
    private final String key;
    private final Set<String> refusals = new LinkedHashSet<>();
    private int tried;

    Run(OperationGraph graph) {
      this.graph = graph;
      this.key = settings.key() + graph.signature();
    }

    Optional<Plan> search(NativeScope owner) {
      Descriptor descriptor = GraphWriter.write(owner, graph, settings.deterministic());
      Engines engines =
          new Engines(
              graph,
              descriptor,
              device,
              isDescribed ? cache(owner, descriptor) : null,
              errata,
              settings);
      Optional<Plan> kept = kept(engines);
      if (kept.isPresent()) {
        return kept;
      }
      List<EngineChoice> choices = Heuristics.choices(descriptor, device, this::refuse);
      Optional<Plan> best =
          timer == null ? first(engines, choices) : fastest(engines, choices, timer);
      best.ifPresent(plan -> keep(plan));
      return best;
    }

    /** Kernels are compiled into it, and need no device then. */
    private static Descriptor cache(NativeScope owner, Descriptor descriptor) {
      return Descriptor.create(
              owner, Cudnn.CUDNN_BACKEND_KERNEL_CACHE_DESCRIPTOR(), "a cache of kernels")
          .refer(Cudnn.CUDNN_ATTR_KERNEL_CACHE_OPERATION_GRAPH(), descriptor)
          .finish();
    }

    private Optional<Plan> kept(Engines engines) {
      TuningFile file = settings.choices();
      List<String> lines;
      synchronized (file) {
        lines = file.kept(key);
      }
      return first(engines, lines.stream().flatMap(l -> EngineChoice.parse(l).stream()).toList());
    }

    private void keep(Plan plan) {
      TuningFile file = settings.choices();
      synchronized (file) {
        file.keep(key, plan.choice().toString());
      }
    }

    private Optional<Plan> first(Engines engines, List<EngineChoice> choices) {
      for (EngineChoice choice : choices) {
        Optional<Plan> plan = attempt(engines, choice);
        if (plan.isPresent()) {
          return plan;
        }
      }
      return Optional.empty();
    }

    private Optional<Plan> fastest(Engines engines, List<EngineChoice> choices, Timer timer) {
      List<Plan> rivals = new ArrayList<>();
      @Nullable Plan best = null;
      try {
        for (EngineChoice choice : choices) {
          if (rivals.size() == settings.trials()) {
            break;
          }
          attempt(engines, choice).ifPresent(rivals::add);
        }
        best = fastest(rivals, timer);
        return Optional.ofNullable(best);
      } finally {
        for (Plan rival : rivals) {
          if (rival != best) {
            rival.close();
          }
        }
      }
    }

    private @Nullable Plan fastest(List<Plan> rivals, Timer timer) {
      @Nullable Plan best = null;
      long least = Long.MAX_VALUE;
      for (Plan rival : rivals) {
        try {
          long time;
          synchronized (timing) {
            time = timer.time(rival);
          }
          if (time < least) {
            least = time;
            best = rival;
          }
        } catch (NativeException e) {
          refuse(rival.engine() + ": " + e.getMessage());
        }
      }
      return best;
    }

    private Optional<Plan> attempt(Engines engines, EngineChoice choice) {
      tried++;
      try {
        return Optional.of(engines.plan(choice));
      } catch (NativeException | PlanRefusal e) {
        refuse(choice + ": " + e.getMessage());
        return Optional.empty();
      }
    }

    private void refuse(String words) {
      LOGGER.log(System.Logger.Level.DEBUG, "{0}\nis refused: {1}", graph, words);
      refusals.add(Refusals.brief(words));
    }

    String words() {
      String some =
          String.join("; ", refusals.stream().limit(MOST_WORDS).toList())
              + (refusals.size() > MOST_WORDS ? "; ..." : "");
      return tried == 0
          ? "no engine takes the graph: " + some
          : "none of %d plans can be made: %s".formatted(tried, some);
    }
  }
}
