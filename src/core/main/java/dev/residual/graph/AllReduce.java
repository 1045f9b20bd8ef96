package dev.residual.graph;

import dev.residual.tensor.DType;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Sums of tensors over all processes that run the same graph: each result is the sum of what they
 * have in its place, in the same bits everywhere. With one process it is what it was.
 *
 * <p>The tensors are exchanged together. Operations that follow run meanwhile; the first that reads
 * a result waits for all.
 *
 * @param srcs the tensors, of {@link DType#F32}; nothing else may read them afterwards
 * @param dsts the sums, of the same shapes, in the same memory
 */
public record AllReduce(List<Value> srcs, List<Value> dsts) implements Op {

  /** Checks the shapes. */
  public AllReduce {
    srcs = List.copyOf(srcs);
    dsts = List.copyOf(dsts);
    Check check = new Check("AllReduce");
    check.that(!srcs.isEmpty() && srcs.size() == dsts.size(), "%s to %s", srcs, dsts);
    for (int i = 0; i < srcs.size(); i++) {
      check.same(srcs.get(i), dsts.get(i));
      check.type(srcs.get(i), DType.F32);
      check.that(srcs.get(i).role() == Role.ACTIVATION, "%s is no activation", srcs.get(i));
    }
  }

  /** The bytes of all tensors. */
  public long bytes() {
    return srcs.stream().mapToLong(Value::bytes).sum();
  }

  @Override
  public List<Value> inputs() {
    return srcs;
  }

  @Override
  public List<Value> outputs() {
    return dsts;
  }

  @Override
  public AllReduce map(UnaryOperator<Value> values) {
    return new AllReduce(srcs.stream().map(values).toList(), dsts.stream().map(values).toList());
  }
}
