package dev.residual;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The rows of batch normalisation: training, inference, backward, with and without epilogue. */
final class NormCases {
  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;

  private NormCases() {}

  static Stream<OpCase> all() {
    return Stream.of(
            Shape.of(4, 7, 5, 3),
            Shape.of(2, 16, 6, 6),
            Shape.of(1, 64, 3, 5),
            Shape.of(3, 3, 1, 1),
            Shape.of(2, 80, 4, 4),
            // More rows than kernels sum in one go, shared unevenly; 128 channels join no rows.
            Shape.of(3, 128, 21, 27),
            Shape.of(3, 24, 31, 29))
        .flatMap(NormCases::variants);
  }

  static Stream<OpCase> variants(Shape s) {
    int terms = s.dim(0) * s.dim(2) * s.dim(3);
    // A sum of gradients is rounded before its mean, which may be most of it, is taken out.
    int sums = Math.max(terms, 1024);
    return Stream.of(
        new OpCase("bn " + s, terms, t -> forward(s, t, false, false, false)),
        new OpCase("bn+relu " + s, terms, t -> forward(s, t, false, true, false)),
        new OpCase("bn+relu+mask " + s, terms, t -> forward(s, t, false, true, true)),
        new OpCase("bn+add " + s, terms, t -> forward(s, t, true, false, false)),
        new OpCase("bn+add+relu+mask " + s, terms, t -> forward(s, t, true, true, true)),
        new OpCase("bn inference " + s, 4, t -> inference(s, t, false, false)),
        new OpCase("bn inference+relu " + s, 4, t -> inference(s, t, false, true)),
        new OpCase("bn inference+add+relu " + s, 4, t -> inference(s, t, true, true)),
        new OpCase("bn backward " + s, terms, t -> backward(s, t, false, false)),
        new OpCase("bn backward of sum " + s, sums, t -> backward(s, t, true, false)),
        new OpCase("bn backward frozen " + s, terms, t -> backward(s, t, false, true)),
        new OpCase("bn+relu, backward " + s, terms, t -> forwardBackward(s, t, false, false)),
        new OpCase("bn+relu, backward of sum " + s, sums, t -> forwardBackward(s, t, false, true)),
        new OpCase("bn+add+relu, backward " + s, terms, t -> forwardBackward(s, t, true, false)),
        new OpCase(
            "bn+add+relu, backward of sum " + s, sums, t -> forwardBackward(s, t, true, true)),
        new OpCase("bn, in place " + s, terms, t -> inPlace(s, t, false, false)),
        new OpCase("bn of sum, in place " + s, sums, t -> inPlace(s, t, false, true)),
        new OpCase("bn+add, in place " + s, terms, t -> inPlace(s, t, true, false)),
        new OpCase("bn+add of sum, in place " + s, sums, t -> inPlace(s, t, true, true)));
  }

  private static BatchNorm norm(Shape s, DType dtype, boolean add, boolean relu, boolean mask) {
    Values values = new Values(dtype);
    int c = s.dim(1);
    Value src = values.input("src", s.dims());
    return new BatchNorm(
        src,
        values.parameter("scale", c),
        values.parameter("shift", c),
        values.state("runningMean", c),
        values.state("runningVariance", c),
        add ? values.input("add", s.dims()) : null,
        values.activation("dst", s),
        values.activation("mean", c),
        values.activation("variance", c),
        mask ? values.bytes("mask", Shape.of(BatchNorm.maskBytes(src))) : null,
        EPSILON,
        MOMENTUM,
        relu);
  }

  /** The mask is of the backend's own making and no output. */
  private static List<Value> outputs(BatchNorm norm) {
    return List.of(norm.dst(), norm.mean(), norm.variance());
  }

  private static Graph forward(Shape s, DType dtype, boolean add, boolean relu, boolean mask) {
    BatchNorm norm = norm(s, dtype, add, relu, mask);
    return new Graph(List.of(norm), outputs(norm));
  }

  private static Graph inference(Shape s, DType dtype, boolean add, boolean relu) {
    Values values = new Values(dtype);
    int c = s.dim(1);
    return Graph.of(
        new BatchNormInference(
            values.input("src", s.dims()),
            values.parameter("scale", c),
            values.parameter("shift", c),
            values.state("mean", c),
            values.state("variance", c),
            add ? values.input("add", s.dims()) : null,
            values.activation("dst", s),
            EPSILON,
            relu));
  }

  private static Graph backward(Shape s, DType dtype, boolean sum, boolean frozen) {
    Values values = new Values(dtype);
    int c = s.dim(1);
    return Graph.of(
        new BatchNormBackward(
            values.input("src", s.dims()),
            values.input("diffDst", s.dims()),
            sum ? values.input("diffDstAdd", s.dims()) : null,
            values.parameter("scale", c),
            values.input("mean", c),
            values.input("variance", c),
            null,
            values.activation("diffSrc", s),
            values.activation("diffScale", c),
            values.activation("diffShift", c),
            null,
            EPSILON,
            frozen));
  }

  private static Graph forwardBackward(Shape s, DType dtype, boolean add, boolean sum) {
    Values values = new Values(dtype);
    int c = s.dim(1);
    BatchNorm norm = norm(s, dtype, add, true, true);
    BatchNormBackward backward =
        BatchNormBackward.of(
            norm,
            values.input("diffDst", s.dims()),
            values.activation("diffSrc", s),
            values.activation("diffScale", c),
            values.activation("diffShift", c));
    backward = sum ? backward.withDiffDstAdd(values.input("diffDstAdd", s.dims())) : backward;
    backward = add ? backward.withDiffAdd(values.activation("diffAdd", s)) : backward;
    List<Value> outputs = new ArrayList<>(outputs(norm));
    outputs.addAll(backward.outputs());
    return new Graph(List.of(norm, backward), outputs);
  }

  /** All that is read is computed and no output, so that results may take its place. */
  private static Graph inPlace(Shape s, DType dtype, boolean add, boolean sum) {
    Graph graph = forwardBackward(s, dtype, add, sum);
    List<Op> ops = new ArrayList<>();
    Map<Value, Value> sums = new HashMap<>();
    for (Value value : graph.values(Role.INPUT)) {
      Value computed = Value.activation(value.name() + ".sum", value.shape(), value.dtype());
      sums.put(value, computed);
      Value other = Value.input(value.name() + ".other", value.shape(), value.dtype());
      ops.add(new Add(value, other, computed));
    }
    for (Op op : graph.ops()) {
      ops.add(op.map(value -> sums.getOrDefault(value, value)));
    }
    return new Graph(ops, graph.outputs());
  }
}
