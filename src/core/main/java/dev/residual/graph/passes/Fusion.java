package dev.residual.graph.passes;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Binary;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Eltwise;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pass that joins neighbouring operations into the fused forms that a backend supports.
 *
 * <p>Convolution, add and ReLU become one {@link Conv2d}; batch norm, add and ReLU one {@link
 * BatchNorm}, together with their gradients. Where a block begins two gradients meet, and the
 * {@link BatchNormBackward} that reads their sum adds them itself. A value times its sigmoid
 * becomes one {@link Eltwise}. A value disappears only if nothing else reads it and it is no
 * output; the values that stay keep their names.
 */
public final class Fusion {
  private final Graph graph;
  private final Predicate<Op> supports;
  private final Map<Value, Op> producers = new HashMap<>();
  private final Map<Value, List<Op>> readers = new HashMap<>();
  private final Map<Op, Op> replaced = new IdentityHashMap<>();
  private final Set<Op> removed = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Value> outputs;
  private final Moves moves;

  private Fusion(Graph graph, Predicate<Op> supports) {
    this.graph = graph;
    this.supports = supports;
    this.outputs = new HashSet<>(graph.outputs());
    this.moves = new Moves(graph);
    for (Op op : graph.ops()) {
      op.outputs().forEach(value -> producers.put(value, op));
      op.inputs().forEach(value -> readers.computeIfAbsent(value, v -> new ArrayList<>()).add(op));
    }
  }

  /**
   * The graph with all fused forms that the predicate admits.
   *
   * @param supports whether the backend can run an operation, as {@code backend::supports}
   */
  public static Graph fuse(Graph graph, Predicate<Op> supports) {
    Fusion fusion = new Fusion(graph, supports);
    for (Op op : graph.ops()) {
      if (op instanceof Relu relu) {
        fusion.fuse(relu);
      }
    }
    for (Op op : graph.ops()) {
      if (op instanceof Binary product && product.function() == Binary.Function.MUL) {
        fusion.fuse(product);
      }
    }
    // What a ReLU has not claimed: the block ends of pre-activation networks.
    for (Op op : graph.ops()) {
      if (op instanceof Add add && !fusion.removed.contains(add)) {
        fusion.fuse(add);
      }
    }
    Fusion sums = new Fusion(fusion.rewritten(), supports);
    for (Op op : sums.graph.ops()) {
      if (op instanceof BatchNormBackward norm) {
        sums.fuse(norm);
      }
    }
    return sums.rewritten();
  }

  private Graph rewritten() {
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      Op replacement = replaced.get(op);
      if (replacement != null) {
        ops.add(replacement);
      } else if (!removed.contains(op)) {
        ops.add(op);
      }
    }
    return new Graph(ops, graph.outputs());
  }

  private void fuse(Relu relu) {
    Op producer = producers.get(relu.src());
    if (producer == null) {
      return;
    }
    switch (producer) {
      case Conv2d conv when conv.add() == null && !conv.relu() ->
          fuse(conv, null, relu, relu.src());
      case BatchNorm norm when norm.add() == null && !norm.relu() -> fuse(norm, null, relu);
      case BatchNormInference norm when norm.add() == null && !norm.relu() ->
          fuse(norm, null, relu, relu.src());
      case Add add when onlyReader(add.dst(), relu) -> {
        if (!fuseSummand(add, add.src0(), add.src1(), relu)) {
          fuseSummand(add, add.src1(), add.src0(), relu);
        }
      }
      default -> {}
    }
  }

  /** The product of a value and its sigmoid. */
  private void fuse(Binary product) {
    if (!fuseGate(product, product.src1(), product.src0())) {
      fuseGate(product, product.src0(), product.src1());
    }
  }

  private boolean fuseGate(Binary product, Value gate, Value value) {
    if (!(producers.get(gate) instanceof Eltwise sigmoid)
        || sigmoid.function() != Eltwise.Function.SIGMOID
        || !sigmoid.src().equals(value)
        || !onlyReader(gate, product)) {
      return false;
    }
    Eltwise swish = new Eltwise(value, product.dst(), Eltwise.Function.SWISH, 0, 0);
    if (!moves.arePossible(product, sigmoid) || !supports.test(swish)) {
      return false;
    }
    removed.add(sigmoid);
    replaced.put(product, swish);
    return true;
  }

  private boolean fuseSummand(Add add, Value summand, Value other, Relu relu) {
    Op producer = producers.get(summand);
    if (producer == null || summand.equals(other) || !onlyReader(summand, add)) {
      return false;
    }
    return switch (producer) {
      case Conv2d conv when conv.add() == null && !conv.relu() -> fuse(conv, add, relu, other);
      case BatchNorm norm when norm.add() == null && !norm.relu() -> fuse(norm, add, relu);
      case BatchNormInference norm when norm.add() == null && !norm.relu() ->
          fuse(norm, add, relu, other);
      default -> false;
    };
  }

  private void fuse(Add add) {
    if (!fuseSummand(add, add.src0(), add.src1())) {
      fuseSummand(add, add.src1(), add.src0());
    }
  }

  private boolean fuseSummand(Add add, Value summand, Value other) {
    if (summand.equals(other)
        || !onlyReader(summand, add)
        || !(producers.get(summand) instanceof Conv2d conv)
        || conv.add() != null
        || conv.relu()
        || removed.contains(conv)
        || !moves.arePossible(add, conv)) {
      return false;
    }
    Conv2d fused = conv.withDst(add.dst()).withAdd(other);
    if (!supports.test(fused)) {
      return false;
    }
    removed.add(conv);
    replaced.put(add, fused);
    return true;
  }

  private boolean fuse(Conv2d conv, @Nullable Add add, Relu relu, Value other) {
    Conv2d fused = conv.withDst(relu.dst()).withRelu();
    return forward(conv, add, relu, add == null ? fused : fused.withAdd(other));
  }

  private boolean fuse(BatchNormInference norm, @Nullable Add add, Relu relu, Value other) {
    BatchNormInference fused = norm.withDst(relu.dst()).withRelu();
    return forward(norm, add, relu, add == null ? fused : fused.withAdd(other));
  }

  private boolean forward(Op first, @Nullable Add add, Relu relu, Op fused) {
    Value joint = first.outputs().getFirst();
    if (!onlyReader(joint, add == null ? relu : add)
        || !moves.arePossible(relu, first, add)
        || !supports.test(fused)) {
      return false;
    }
    remove(first, add);
    replaced.put(relu, fused);
    return true;
  }

  /** Batch norm with batch statistics, whose gradient, if there is one, must be fused with it. */
  private boolean fuse(BatchNorm norm, @Nullable Add add, Relu relu) {
    Value other = add == null ? null : add.src0().equals(norm.dst()) ? add.src1() : add.src0();
    if (!onlyReader(norm.dst(), add == null ? relu : add) || !moves.arePossible(relu, norm, add)) {
      return false;
    }
    ReluBackward reluBackward = reluBackward(relu);
    BatchNormBackward backward = reluBackward == null ? null : backward(norm, reluBackward);
    if (reluBackward != null
        && (backward == null
            || (add == null && !solelyRead(reluBackward))
            || !moves.arePossible(reluBackward, backward))) {
      return false;
    }
    BatchNorm fused = norm.withDst(relu.dst()).withRelu();
    if (other != null) {
      fused = fused.withAdd(other);
    }
    if (reluBackward != null) {
      fused = fused.withMask();
    }
    if (!supports.test(fused)) {
      return false;
    }
    if (reluBackward != null && backward != null) {
      BatchNormBackward fusedBackward =
          BatchNormBackward.of(
              fused,
              reluBackward.diffDst(),
              backward.diffSrc(),
              backward.diffScale(),
              backward.diffShift());
      if (add != null) {
        fusedBackward = fusedBackward.withDiffAdd(reluBackward.diffSrc());
      }
      if (!supports.test(fusedBackward)) {
        return false;
      }
      removed.add(backward);
      replaced.put(reluBackward, fusedBackward);
    }
    remove(norm, add);
    replaced.put(relu, fused);
    return true;
  }

  /** Lets a batch norm read both summands of its gradient. */
  private void fuse(BatchNormBackward norm) {
    if (norm.diffDstAdd() != null
        || !(producers.get(norm.diffDst()) instanceof Add add)
        || add.src0().equals(add.src1())
        || !onlyReader(add.dst(), norm)
        || !moves.arePossible(norm, add)) {
      return;
    }
    BatchNormBackward fused = norm.withDiffDst(add.src0()).withDiffDstAdd(add.src1());
    if (supports.test(fused)) {
      removed.add(add);
      replaced.put(norm, fused);
    }
  }

  private void remove(Op first, @Nullable Add add) {
    removed.add(first);
    if (add != null) {
      removed.add(add);
    }
  }

  private boolean onlyReader(Value value, Op reader) {
    List<Op> all = readers.getOrDefault(value, List.of());
    return all.size() == 1 && all.getFirst() == reader && !outputs.contains(value);
  }

  private boolean solelyRead(ReluBackward backward) {
    return readers.getOrDefault(backward.diffSrc(), List.of()).size() == 1
        && !outputs.contains(backward.diffSrc());
  }

  private @Nullable ReluBackward reluBackward(Relu relu) {
    for (Op reader : readers.getOrDefault(relu.dst(), List.of())) {
      if (reader instanceof ReluBackward backward && backward.dst().equals(relu.dst())) {
        return backward;
      }
    }
    return null;
  }

  private static boolean isGradient(BatchNormBackward backward, BatchNorm norm) {
    return !backward.frozen()
        && backward.src().equals(norm.src())
        && backward.scale().equals(norm.scale())
        && backward.mean().equals(norm.mean())
        && backward.variance().equals(norm.variance());
  }

  private @Nullable BatchNormBackward backward(BatchNorm norm, ReluBackward relu) {
    for (Op reader : readers.getOrDefault(relu.diffSrc(), List.of())) {
      if (reader instanceof BatchNormBackward backward
          && isGradient(backward, norm)
          && backward.diffDst().equals(relu.diffSrc())
          && backward.diffDstAdd() == null
          && backward.mask() == null) {
        return backward;
      }
    }
    return null;
  }
}
