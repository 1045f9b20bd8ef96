package dev.residual.backend.cudnn;

import dev.residual.bindings.kernels.cuda.CudaArguments;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of Muon on one parameter, by our own kernels.
 *
 * <p>X lies as the parameter does, whose order of columns changes none of its products. Where it
 * has more rows than columns, its transpose is what the formulas call X. It moves between two
 * places.
 */
final class MuonLaunches {
  private static final int TILE = CudaArguments.PRODUCT_TILE();

  private final MuonUpdate op;
  private final Matrix x;
  private final Matrix other;
  private final Matrix gram;
  private final Matrix square;
  private final List<Launch> launches = new ArrayList<>();

  /** A matrix in memory, whose elements lie so far apart. */
  private record Matrix(Value place, int rows, int columns, long rowStride, long columnStride) {
    Matrix transposed() {
      return new Matrix(place, columns, rows, columnStride, rowStride);
    }
  }

  private MuonLaunches(MuonUpdate op) {
    this.op = op;
    int least = Math.min(op.rows(), op.columns());
    x = matrix("direction", op.rows(), op.columns());
    other = matrix("moved", op.rows(), op.columns());
    gram = matrix("gram", least, least);
    square = matrix("polynomial", least, least);
  }

  private Matrix matrix(String name, int rows, int columns) {
    Value place =
        Value.activation(op.parameter().name() + "." + name, Shape.of(rows, columns), DType.F32);
    return new Matrix(place, rows, columns, columns, 1);
  }

  static List<Launch> of(Launches launches, MuonUpdate op) {
    MuonLaunches muon = new MuonLaunches(op);
    muon.add(launches.kept().half(op.parameter()));
    return muon.launches;
  }

  private void add(@Nullable Value half) {
    long count = op.parameter().shape().elements();
    launches.add(
        new KernelLaunch("muon_direction")
            .in("gradient", op.gradient())
            .inOut("velocity", op.velocity())
            .out("direction", x.place())
            .inIfPresent("factor", op.factor())
            .with("count", count)
            .with("momentum", op.settings().momentum())
            .elements(count));
    Value partial = TensorLaunches.partial(op.parameter(), List.of(x.place()));
    launches.add(TensorLaunches.squares(List.of(x.place()), partial));
    launches.add(
        new KernelLaunch("muon_normalize")
            .inOut("direction", x.place())
            .in("partial", partial)
            .inIfPresent("factor", op.factor())
            .with("count", count)
            .with("chunks", partial.shape().elements())
            .with("epsilon", MuonUpdate.EPSILON)
            .elements(count));
    Matrix from = x;
    Matrix to = other;
    for (int i = 0; i < op.settings().steps(); i++) {
      newtonSchulz(from, to);
      Matrix swapped = from;
      from = to;
      to = swapped;
    }
    KernelLaunch update =
        new KernelLaunch("muon")
            .inOut("parameter", op.parameter())
            .in("direction", from.place())
            .in("learning_rate", op.learningRate())
            .inIfPresent("factor", op.factor())
            .with("count", count)
            .with("chunks", partial.shape().elements())
            .with("scale", op.scale())
            .with("decay", op.settings().weightDecay())
            .with("norm", op.norm())
            .elements(count);
    if (half != null) {
      update.out("half", half).type("half_type", half);
    }
    if (op.settings().normalized()) {
      launches.add(TensorLaunches.squares(List.of(op.parameter()), partial));
      update.in("partial", partial);
    }
    launches.add(update);
  }

  /** All is symmetric but X, so that the transpose of a product is one of transposes. */
  private void newtonSchulz(Matrix from, Matrix to) {
    boolean isTall = op.rows() > op.columns();
    Matrix turned = from.transposed();
    launches.add(isTall ? product(turned, from, gram, 1) : product(from, turned, gram, 1));
    launches.add(
        product(gram, gram, square, MuonUpdate.COEFFICIENTS.get(2))
            .in("add", gram.place())
            .with("beta", MuonUpdate.COEFFICIENTS.get(1))
            .with("diagonal", MuonUpdate.COEFFICIENTS.get(0)));
    launches.add(isTall ? product(from, square, to, 1) : product(square, from, to, 1));
  }

  private KernelLaunch product(Matrix first, Matrix second, Matrix dst, double alpha) {
    long tiles = (long) Math.ceilDiv(dst.rows(), TILE) * Math.ceilDiv(dst.columns(), TILE);
    return new KernelLaunch("matrix_product")
        .in("first", first.place())
        .in("second", second.place())
        .out("dst", dst.place())
        .inIfPresent("factor", op.factor())
        .with("first_row", first.rowStride())
        .with("first_column", first.columnStride())
        .with("second_row", second.rowStride())
        .with("second_column", second.columnStride())
        .with("rows", dst.rows())
        .with("columns", dst.columns())
        .with("inner", first.columns())
        .with("alpha", alpha)
        .rows(tiles);
  }
}
