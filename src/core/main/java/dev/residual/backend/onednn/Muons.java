package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_muon;
import dev.residual.bindings.kernels.residual_muon_polynomial;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lowering of Muon's steps: oneDNN's products of matrices, and Residual's kernels around them.
 *
 * <p>X lies as the parameter does. Where it has more rows than columns, it is read by columns. It
 * moves between two places, since no product can be written over its factor.
 */
final class Muons {
  private final OneDnnLowering lowering;
  private final MuonUpdate op;

  /** The extents of X, of which the first is the smaller. */
  private final long rows;

  private final long columns;
  private final long rowStride;
  private final long columnStride;
  private final Buffer[] x = new Buffer[2];
  private final Buffer gram;
  private final Buffer square;

  private Muons(OneDnnLowering lowering, MuonUpdate op) {
    this.lowering = lowering;
    this.op = op;
    boolean isTall = op.rows() > op.columns();
    rows = isTall ? op.columns() : op.rows();
    columns = isTall ? op.rows() : op.columns();
    rowStride = isTall ? 1 : columns;
    columnStride = isTall ? rows : 1;
    long matrix = aligned(rows * columns);
    long small = aligned(rows * rows);
    Buffer all = lowering.steps().matrices(2 * (matrix + small));
    x[0] = all.slice(0, matrix);
    x[1] = all.slice(matrix, matrix);
    gram = all.slice(2 * matrix, small);
    square = all.slice(2 * matrix + small, small);
  }

  private static long aligned(long floats) {
    return Math.ceilDiv(floats * Float.BYTES, 64L) * 64;
  }

  static void lower(OneDnnLowering lowering, MuonUpdate op) {
    Muons muon = new Muons(lowering, op);
    List<Step> steps = new ArrayList<>();
    steps.add(muon.kernel(muon.x[0], Residual.RESIDUAL_MUON_DIRECTION()));
    int count = op.settings().steps();
    for (int i = 0; i < count; i++) {
      muon.newtonSchulz(muon.x[i % 2], muon.x[(i + 1) % 2], steps);
    }
    steps.add(muon.kernel(muon.x[count % 2], Residual.RESIDUAL_MUON()));
    Value factor = op.factor();
    lowering.step(new Steps(factor == null ? null : lowering.buffer(factor), steps));
  }

  private void newtonSchulz(Buffer from, Buffer to, List<Step> steps) {
    Argument whole = new Argument(0, from, matrix());
    Argument turned = new Argument(0, from, descriptor(columns, rows, columnStride, rowStride));
    Argument first = new Argument(0, gram, descriptor(rows, rows, rows, 1));
    Argument second = new Argument(0, square, descriptor(rows, rows, rows, 1));
    steps.add(product(whole, turned, first));
    steps.add(product(first, first, second));
    steps.add(polynomial());
    steps.add(product(second, whole, new Argument(0, to, matrix())));
  }

  private MemorySegment matrix() {
    return descriptor(rows, columns, rowStride, columnStride);
  }

  private MemorySegment descriptor(long outer, long inner, long outerStride, long innerStride) {
    return lowering
        .primitives()
        .strided(Dnnl.dnnl_f32(), new long[] {outer, inner}, new long[] {outerStride, innerStride});
  }

  private Step product(Argument a, Argument b, Argument dst) {
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_matmul_primitive_desc_create",
                out ->
                    Dnnl.dnnl_matmul_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        a.descriptor(),
                        b.descriptor(),
                        MemorySegment.NULL,
                        dst.descriptor(),
                        attributes));
    return lowering
        .steps()
        .execution(
            primitive,
            List.of(
                new Argument(Dnnl.DNNL_ARG_SRC(), a.buffer(), a.descriptor()),
                new Argument(Dnnl.DNNL_ARG_WEIGHTS(), b.buffer(), b.descriptor()),
                new Argument(Dnnl.DNNL_ARG_DST(), dst.buffer(), dst.descriptor())));
  }

  private Step polynomial() {
    MemorySegment a = residual_muon_polynomial.allocate(lowering.primitives().session());
    residual_muon_polynomial.size(a, rows);
    residual_muon_polynomial.first(a, MuonUpdate.COEFFICIENTS.get(0).floatValue());
    residual_muon_polynomial.second(a, MuonUpdate.COEFFICIENTS.get(1).floatValue());
    residual_muon_polynomial.third(a, MuonUpdate.COEFFICIENTS.get(2).floatValue());
    residual_muon_polynomial.threads(a, lowering.settings().threads());
    return new KernelArguments(lowering, a)
        .point(residual_muon_polynomial.gram$offset(), gram)
        .point(residual_muon_polynomial.square$offset(), square)
        .step(Residual.RESIDUAL_MUON_POLYNOMIAL());
  }

  private Step kernel(Buffer direction, int kernel) {
    MemorySegment a = residual_muon.allocate(lowering.primitives().session());
    residual_muon.elements(a, op.parameter().shape().elements());
    residual_muon.momentum(a, (float) op.settings().momentum());
    residual_muon.decay(a, (float) op.settings().weightDecay());
    residual_muon.scale(a, (float) op.scale());
    residual_muon.norm(a, (float) op.norm());
    residual_muon.epsilon(a, (float) MuonUpdate.EPSILON);
    residual_muon.threads(a, lowering.settings().threads());
    return new KernelArguments(lowering, a)
        .point(residual_muon.parameter$offset(), op.parameter())
        .point(residual_muon.gradient$offset(), op.gradient())
        .point(residual_muon.velocity$offset(), op.velocity())
        .point(residual_muon.direction$offset(), direction)
        .point(residual_muon.rate$offset(), op.learningRate())
        .point(residual_muon.factor$offset(), op.factor())
        .step(kernel);
  }

  /** All steps of an update, which are skipped where its factor is 0. */
  private record Steps(@Nullable Buffer factor, List<Step> all) implements Step {
    @Override
    public void run() {
      if (factor == null || UpdateLoops.number(factor) != 0) {
        all.forEach(Step::run);
      }
    }

    @Override
    public String implementation(Op of) {
      return all.getLast().implementation(of);
    }
  }
}
