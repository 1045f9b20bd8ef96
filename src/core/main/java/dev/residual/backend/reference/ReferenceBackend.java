package dev.residual.backend.reference;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Dropout;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.stream.Stream;

/**
 * A backend of plain Java loops, the specification of all operations.
 *
 * <p>Runs every operation on {@link DType#F32}, {@link DType#F64}, {@link DType#BF16} and {@link
 * DType#F16} values, on one thread and on heap arrays of double, whatever the element type: sums
 * accumulate in double and results are rounded when stored. It needs no native library and is meant
 * for tests, not for speed. Bound memory is copied in before each run and, if the run changes it,
 * out after.
 */
public final class ReferenceBackend implements Backend {

  /** A backend; all are alike. */
  public ReferenceBackend() {}

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public boolean supports(Op op) {
    return values(op).allMatch(value -> supports(op, value));
  }

  @Override
  public Session compile(Graph graph, CompileOptions options) {
    for (Op op : graph.ops()) {
      values(op)
          .filter(value -> !supports(op, value))
          .findFirst()
          .ifPresent(
              value -> {
                throw new UnsupportedOpException(
                    name(), op, value + " holds 64-bit integers, or exceeds one Java array");
              });
    }
    return new ReferenceSession(graph, new Buffers(graph), options.communicator());
  }

  private static Stream<Value> values(Op op) {
    return Stream.concat(op.inputs().stream(), op.outputs().stream());
  }

  private static boolean supports(Op op, Value value) {
    return value.shape().elements() <= Integer.MAX_VALUE - 8
        && switch (value.dtype()) {
          case F32, F64, BF16, F16, I32, S8, U8 -> true;
          // Beyond the range in which a double holds every integer, so they have arrays of their
          // own.
          case I64 ->
              op instanceof Reshape || (op instanceof Dropout d && d.random().equals(value));
        };
  }
}
