package dev.residual.io.onnx;

import static dev.residual.io.onnx.GraphWriter.attribute;

import dev.residual.graph.Pad;
import dev.residual.graph.Reshape;
import dev.residual.graph.Slice;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.Locale;

/** The nodes of operations that copy elements to other places. */
final class MovementWriter {
  private MovementWriter() {}

  static void write(GraphWriter graph, Reshape op) {
    long[] shape = extents(op.dst().shape());
    if (shape.length > 0 && op.src().shape().rank() > 0 && shape[0] == op.src().shape().dim(0)) {
      // 0 copies the extent of the input, whatever the batch is.
      shape[0] = 0;
    }
    String wanted = graph.integers(op.dst().name() + ".shape", shape);
    graph.node("Reshape", List.of(op.src().name(), wanted), op.dst().name());
  }

  static void write(GraphWriter graph, Pad op) {
    int rank = op.before().size();
    long[] pads = new long[2 * rank];
    for (int i = 0; i < rank; i++) {
      pads[i] = op.before().get(i);
      pads[rank + i] = op.dst().shape().dim(i) - op.src().shape().dim(i) - pads[i];
    }
    pad(graph, op.src().name(), op.dst().name(), pads, op.mode(), op.value());
  }

  private static void pad(
      GraphWriter graph, String src, String dst, long[] pads, Pad.Mode mode, double value) {
    graph.node(
        "Pad",
        List.of(src, graph.integers(dst + ".pads", pads), graph.number(dst + ".value", value)),
        dst,
        attribute("mode", mode.name().toLowerCase(Locale.ROOT)));
  }

  static void write(GraphWriter graph, Slice op) {
    int rank = op.starts().size();
    long[] starts = new long[rank];
    long[] steps = new long[rank];
    for (int i = 0; i < rank; i++) {
      starts[i] = op.starts().get(i);
      steps[i] = op.steps().get(i);
    }
    slice(graph, op.src(), op.dst().name(), extents(op.dst().shape()), starts, steps);
  }

  private static String slice(
      GraphWriter graph, Value src, String dst, long[] extents, long[] starts, long[] steps) {
    int rank = starts.length;
    long[] ends = new long[rank];
    long[] axes = new long[rank];
    for (int i = 0; i < rank; i++) {
      axes[i] = i;
      long end = starts[i] + extents[i] * steps[i];
      boolean isAll = steps[i] == 1 && extents[i] == src.shape().dim(i);
      // What lies before the first element must not count from the last.
      ends[i] = isAll ? Long.MAX_VALUE : end < 0 ? Long.MIN_VALUE : end;
    }
    return graph.node(
        "Slice",
        List.of(
            src.name(),
            graph.integers(dst + ".starts", starts),
            graph.integers(dst + ".ends", ends),
            graph.integers(dst + ".axes", axes),
            graph.integers(dst + ".steps", steps)),
        dst);
  }

  /** Every stride-th position, then channels of zeros around. */
  static void write(GraphWriter graph, ZeroPadShortcut op) {
    String name = op.dst().name();
    long[] extents = extents(op.dst().shape());
    int added = op.dst().shape().dim(1) - op.src().shape().dim(1);
    extents[1] = op.src().shape().dim(1);
    String taken =
        slice(
            graph,
            op.src(),
            name + ".taken",
            extents,
            new long[4],
            new long[] {1, 1, op.stride(), op.stride()});
    long before = op.offset();
    long[] pads = {0, before, 0, 0, 0, added - before, 0, 0};
    pad(graph, taken, name, pads, Pad.Mode.CONSTANT, 0);
  }

  private static long[] extents(Shape shape) {
    long[] extents = new long[shape.rank()];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = shape.dim(i);
    }
    return extents;
  }
}
