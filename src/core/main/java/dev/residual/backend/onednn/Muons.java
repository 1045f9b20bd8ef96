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
 * <p>X lies as the parameter does. Where it has more rows than columns, its transpose is what the
 * formulas call X. It moves between two places, since no product can be written over its factor.
 */
final class Muons {
  private final OneDnnLowering lowering;
  private final MuonUpdate op;
  private final boolean isTall;

  /** The smaller extent of X. */
  private final long least;

  private final Buffer[] x = new Buffer[2];
  private final Buffer gram;
  private final Buffer square;

  private Muons(OneDnnLowering lowering, MuonUpdate op) {
    this.lowering = lowering;
    this.op = op;
    isTall = op.rows() > op.columns();
    least = Math.min(op.rows(), op.columns());
    long matrix = aligned(op.parameter().shape().elements());
    long small = aligned(least * least);
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

  /** All is symmetric but X, so that the transpose of a product is one of transposes. */
  private void newtonSchulz(Buffer from, Buffer to, List<Step> steps) {
    long columns = op.columns();
    Argument whole = new Argument(0, from, descriptor(op.rows(), columns, columns, 1));
    Argument turned = new Argument(0, from, descriptor(columns, op.rows(), 1, columns));
    Argument moved = new Argument(0, to, whole.descriptor());
    Argument first = new Argument(0, gram, descriptor(least, least, least, 1));
    Argument second = new Argument(0, square, first.descriptor());
    steps.add(isTall ? product(turned, whole, first) : product(whole, turned, first));
    steps.add(product(first, first, second));
    steps.add(polynomial());
    steps.add(isTall ? product(whole, second, moved) : product(second, whole, moved));
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
    residual_muon_polynomial.size(a, least);
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
