package dev.residual.backend.cudnn;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The forms of the batch norms of a graph, each the best whose operation graphs have plans.
 *
 * <p>List 1: the norm is an operation graph of its own. List 2: the convolution before it sums the
 * statistics of its result. List 3, in half precision: its gradient begins in the data gradient
 * that reaches it; and where one convolution alone reads its result, that is not stored at all, but
 * computed again by whoever reads it. Statistics of several processes are our own kernels'
 * business.
 */
final class NormForms {
  private final Launches launches;
  private final GraphIndex index;
  private final Map<Op, NormRegion> statistics = new HashMap<>();
  private final Map<Op, NormRegion> begun = new HashMap<>();
  private final Map<Op, NormRegion> deferred = new HashMap<>();

  /**
   * The forms of a graph.
   *
   * @param list the last list of patterns to try, 1 to 3
   */
  NormForms(Launches launches, GraphIndex index, int list) {
    this.launches = launches;
    this.index = index;
    List<List<NormRegion>> norms = new ArrayList<>();
    for (Op op : index.graph().ops()) {
      if (op instanceof BatchNorm norm && norm.processes() == 1) {
        norms.add(NormRegion.of(index, norm));
      }
    }
    if (list >= 2) {
      norms.forEach(views -> trySums(views.getFirst()));
    }
    if (list >= 3) {
      norms.forEach(views -> views.forEach(this::tryGradient));
      norms.forEach(views -> tryDeferral(views.getFirst()));
    }
  }

  private void trySums(NormRegion region) {
    Conv2d conv = region.producer();
    // Variances are differences of sums, which floats do not have the digits for.
    if (conv != null
        && region.norm().src().dtype().isHalf()
        && launches.isPlanned(
            List.of(
                ConvolutionLaunches.forward(conv, null, region.norm()),
                StatisticsLaunches.finalize(region.norm(), false),
                StatisticsLaunches.apply(region.norm(), null)))) {
      statistics.put(region.norm(), region);
      statistics.put(conv, region);
    }
  }

  private void tryGradient(NormRegion region) {
    NormRegion shortcut = region.addedTo(index);
    if (shortcut != null
        && statistics.containsKey(region.norm())
        && statistics.containsKey(shortcut.norm())
        && tryBegin(region.withShortcut(shortcut))) {
      begun.put(shortcut.norm(), region.withShortcut(shortcut));
      begun.put(requireNonNull(shortcut.backward()), region.withShortcut(shortcut));
      return;
    }
    boolean ignored = tryBegin(region);
  }

  private boolean tryBegin(NormRegion region) {
    Conv2dBackwardData data = region.data();
    BatchNormBackward backward = region.backward();
    if (data != null
        && backward != null
        && region.norm().relu()
        && !begun.containsKey(region.norm())
        && region.norm().src().dtype() == DType.F16
        && launches.isPlanned(
            List.of(MainloopLaunches.begin(region), MainloopLaunches.end(backward, region)))
        && isShortcutPlanned(region)) {
      begun.put(region.norm(), region);
      begun.put(data, region);
      begun.put(backward, region);
      return true;
    }
    return false;
  }

  private boolean isShortcutPlanned(NormRegion region) {
    NormRegion shortcut = region.shortcut();
    return shortcut == null
        || launches.isPlanned(
            List.of(
                StatisticsLaunches.apply(region.norm(), shortcut.norm()),
                MainloopLaunches.end(requireNonNull(shortcut.backward()), region)));
  }

  private void tryDeferral(NormRegion region) {
    Conv2d conv = region.consumer();
    Conv2dBackwardWeights weights = region.weights();
    NormRegion next = conv == null ? null : statistics.get(conv);
    if (conv != null
        && weights != null
        && next != null
        && statistics.containsKey(region.norm())
        && begun.containsKey(region.norm())
        && launches.isPlanned(
            List.of(
                StatisticsLaunches.finalize(region.norm(), true),
                ConvolutionLaunches.forward(conv, region.norm(), next.norm())))
        && launches.isPlanned(MainloopLaunches.weights(weights, region.norm()))) {
      deferred.put(region.norm(), region);
      deferred.put(conv, region);
      deferred.put(weights, region);
    }
  }

  /** The norm whose statistics a convolution sums, or the region of a norm that has them. */
  @Nullable NormRegion statistics(Op op) {
    return statistics.get(op);
  }

  /** The region of a norm, data gradient or norm's gradient that work together. */
  @Nullable NormRegion gradient(Op op) {
    return begun.get(op);
  }

  /** The norm that is added to another one's result, if it is stored nowhere. */
  @Nullable BatchNorm joined(BatchNorm norm) {
    NormRegion region = begun.get(norm);
    NormRegion shortcut = region == null ? null : region.shortcut();
    return shortcut == null ? null : shortcut.norm();
  }

  /** Whether a data gradient is computed where the norm's gradient is. */
  boolean isPostponed(Op op) {
    NormRegion region = begun.get(op);
    return region != null && region.isPostponed() && op.equals(region.data());
  }

  /** The region of a norm that is not stored, of its reader, or of that one's gradient. */
  @Nullable NormRegion deferred(Op op) {
    return deferred.get(op);
  }
}
