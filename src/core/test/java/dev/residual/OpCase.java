package dev.residual;

import dev.residual.graph.AvgPool2d;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Span;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One row of {@link OpCases}: an operation, or a few that need each other, with its shapes.
 *
 * @param name unique in the table
 * @param terms the largest number of products or summands that one result element is made of, from
 *     which the tolerance follows
 * @param graphs the graph whose floating values have a given type
 * @param rounding how the result is rounded to 8-bit integers, if it is
 */
public record OpCase(
    String name, int terms, Function<DType, Graph> graphs, @Nullable Rounding rounding) {

  /** A case whose results are not rounded to integers. */
  public OpCase(String name, int terms, Function<DType, Graph> graphs) {
    this(name, terms, graphs, null);
  }

  /**
   * The rounding of results to integers.
   *
   * @param graphs the graph of the same results before they are divided by a scale and rounded
   * @param scale what 1 stands for
   * @param type the type of the integers
   */
  public record Rounding(Function<DType, Graph> graphs, double scale, DType type) {}

  /** The graph whose floating values have this type; with 16 bits, those that have masters. */
  public Graph graph(DType dtype) {
    if (!dtype.isHalf()) {
      return graphs.apply(dtype);
    }
    // Casts are written down with BF16.
    Graph graph =
        Roles.changed(
            graphs.apply(DType.F32),
            value ->
                value.dtype().isHalf()
                    ? new Value(value.name(), value.shape(), dtype, value.role())
                    : value);
    return MixedPrecision.of(graph, dtype);
  }

  /** Whether no position of a window sees an element: then there is nothing but zero gradients. */
  boolean seesNothing() {
    return graph(DType.F64).ops().stream().anyMatch(OpCase::seesNothing);
  }

  private static boolean seesNothing(Op op) {
    return switch (op) {
      case Conv2d conv -> seesNothing(conv.src(), conv.dst(), conv.window());
      case MaxPool2d pool -> seesNothing(pool.src(), pool.dst(), pool.window());
      case AvgPool2d pool -> seesNothing(pool.src(), pool.dst(), pool.window());
      default -> false;
    };
  }

  private static boolean seesNothing(Value src, Value dst, Window window) {
    return IntStream.range(0, dst.shape().dim(2))
            .allMatch(y -> Span.rows(window, y, src.shape().dim(2)).size() == 0)
        || IntStream.range(0, dst.shape().dim(3))
            .allMatch(x -> Span.columns(window, x, src.shape().dim(3)).size() == 0);
  }

  /**
   * The largest difference from the reference that is accepted, relative to the largest element of
   * the tensor: rounding errors of a sum grow with the root of its terms, and 16 units leave room
   * for a few operations in a row and for unlucky signs. With 16 bits sums are F32 all the same, so
   * that results differ by a rounding or two; only in networks do such differences add up.
   */
  public double tolerance(DType dtype) {
    if (dtype.isHalf()) {
      return (2 + Math.sqrt(terms) / 16) * unit(dtype);
    }
    return 16 * Math.sqrt(terms) * unit(dtype);
  }

  private static double unit(DType dtype) {
    return switch (dtype) {
      case F64 -> 0x1p-53;
      case F32 -> 0x1p-24;
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case I64, I32, S8, U8 -> throw new IllegalArgumentException(dtype + " is not floating");
    };
  }

  @Override
  public String toString() {
    return name;
  }
}
