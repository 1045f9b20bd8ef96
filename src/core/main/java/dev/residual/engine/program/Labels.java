package dev.residual.engine.program;

import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Labels that an operation reads, each of which must be a class. Equal requirements need one check
 * in a run.
 *
 * @param value the labels
 * @param classes what they must be below
 * @param rows how many of them count, or null for all
 */
public record Labels(Value value, int classes, @Nullable Value rows) {

  /** The labels that an operation reads, or null if it reads none. */
  public static @Nullable Labels of(Op op) {
    return switch (op) {
      case SoftmaxCrossEntropy loss when !loss.isSoft() ->
          new Labels(loss.labels(), classes(loss.logits()), null);
      case SoftmaxCrossEntropyBackward loss when !loss.isSoft() ->
          new Labels(loss.labels(), classes(loss.logits()), null);
      case TopK top -> new Labels(top.labels(), classes(top.logits()), top.rows());
      default -> null;
    };
  }

  private static int classes(Value logits) {
    return logits.shape().dim(1);
  }

  /** Whether they are there before a run, so that a wrong one is found before anything changes. */
  public boolean areGiven() {
    return value.role() != Role.ACTIVATION && (rows == null || rows.role() != Role.ACTIVATION);
  }

  /**
   * Checks the labels that count.
   *
   * @param labels their elements
   * @param counts the element of {@link #rows}, or null
   * @return how many count
   * @throws IllegalStateException naming what is wrong
   */
  public int check(IntUnaryOperator labels, @Nullable IntUnaryOperator counts) {
    int batch = value.shape().dim(0);
    int count = counts == null ? batch : counts.applyAsInt(0);
    if (count < 0 || count > batch) {
      throw new IllegalStateException(
          "%s holds %d, which is not in [0, %d]".formatted(rows, count, batch));
    }
    for (int row = 0; row < count; row++) {
      int label = labels.applyAsInt(row);
      if (label < 0 || label >= classes) {
        throw new IllegalStateException(
            "%s holds %d in row %d, which is not in [0, %d)".formatted(value, label, row, classes));
      }
    }
    return count;
  }
}
