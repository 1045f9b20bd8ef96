package dev.residual.train;

import dev.residual.engine.Session;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * How many images of a run have their class ranked first, and among the first five. Allocates
 * nothing after construction.
 */
final class Ranking {
  private static final int FIRST = 5;

  private final Value value;
  private final int[] counts = new int[2];
  private final MemorySegment memory = MemorySegment.ofArray(counts);

  /** For the counts that {@link #of} computes. */
  Ranking(Value counts) {
    this.value = counts;
  }

  /** The operation that counts, of all rows if none are given. */
  static TopK of(Value logits, Value labels, @Nullable Value rows) {
    return TopK.of("counts", logits, labels, rows, 1, FIRST);
  }

  /** Takes the counts of the last run. */
  void read(Session session) {
    session.read(value, memory, Layout.ROW_MAJOR);
  }

  int top1() {
    return counts[0];
  }

  int top5() {
    return counts[1];
  }
}
