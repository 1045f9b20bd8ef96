package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of rows whose label is among the first k classes by logits.
 *
 * <p>Equal logits rank by their index, and NaN comes before all numbers, as in PyTorch. Rows that
 * only fill a batch are left out, whatever their labels are; a label of another row that is no
 * class is refused by the run, as {@link IllegalStateException}. There is no gradient.
 *
 * @param logits the scores, n classes
 * @param labels the classes, n, {@link DType#I32}, each in [0, classes)
 * @param rows how many rows count, the first ones, in [0, n]: a scalar, {@link DType#I32}; null for
 *     all
 * @param ks the numbers k, one for each count, at least 1
 * @param counts a number of rows for each k, {@link DType#I32}
 */
public record TopK(Value logits, Value labels, @Nullable Value rows, List<Integer> ks, Value counts)
    implements Op {

  /** Checks the shapes. */
  public TopK {
    ks = List.copyOf(ks);
    Check check = new Check("TopK");
    check.labels(logits, labels);
    check.shape(rows, Shape.SCALAR, "one number of rows");
    check.type(rows, DType.I32);
    check.that(!ks.isEmpty() && ks.stream().allMatch(k -> k >= 1), "ks are %s, from 1 on", ks);
    check.vector(counts, ks.size(), "one count for each of " + ks);
    check.type(counts, DType.I32);
  }

  /**
   * The counts of these logits.
   *
   * @param name of the counts
   * @param rows a scalar, or null for all rows
   */
  public static TopK of(String name, Value logits, Value labels, @Nullable Value rows, int... ks) {
    Value counts = Value.activation(name, Shape.of(ks.length), DType.I32);
    return new TopK(logits, labels, rows, Arrays.stream(ks).boxed().toList(), counts);
  }

  @Override
  public List<Value> inputs() {
    return Op.present(logits, labels, rows);
  }

  @Override
  public List<Value> outputs() {
    return List.of(counts);
  }

  @Override
  public TopK map(UnaryOperator<Value> values) {
    return new TopK(
        values.apply(logits),
        values.apply(labels),
        Value.mapped(rows, values),
        ks,
        values.apply(counts));
  }
}
