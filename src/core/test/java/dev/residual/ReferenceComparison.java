package dev.residual;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.Map;
import java.util.function.Function;

/**
 * What a backend computes of a case, compared with the reference.
 *
 * @param row the case
 * @param dtype the type of its floating values
 * @param inputs the elements of all values that are not computed
 * @param tolerance the largest difference, relative to the largest element expected
 * @param usual the size of summands, where what is expected is small by chance; else 0
 */
public record ReferenceComparison(
    OpCase row, DType dtype, Map<Value, Tensor> inputs, double tolerance, double usual) {
  private static final int RUNS = 2;

  /** Of elements whose largest is as large as what it is a sum of. */
  public ReferenceComparison(OpCase row, DType dtype, Map<Value, Tensor> inputs, double tolerance) {
    this(row, dtype, inputs, tolerance, 0);
  }

  /**
   * Requires equal results.
   *
   * @param graph of the case, whose values may have other roles
   * @param compile makes the session under test
   */
  public void require(Graph graph, Function<Graph, Session> compile) {
    Graph referenceGraph = row.graph(dtype);
    OpCase.Rounding rounding = row.rounding();
    try (Session session = compile.apply(graph);
        Session reference = compile(referenceGraph);
        Session exact = rounding == null ? null : compile(rounding.graphs().apply(dtype))) {
      inputs.forEach(session::write);
      inputs.forEach((value, tensor) -> write(reference, value, tensor));
      if (exact != null) {
        inputs.forEach((value, tensor) -> write(exact, value, read(value, tensor)));
      }
      // The second run finds the leavings of the first, and the states that it changed.
      for (int run = 1; run <= RUNS; run++) {
        session.run();
        reference.run();
        for (Value value : SessionContract.results(graph)) {
          String what = "%s %s, %s after run %d".formatted(dtype, row, value.name(), run);
          Tensor found = session.read(value);
          if (exact == null) {
            Tensor expected = reference.read(referenceGraph.value(value.name()));
            Elements.requireClose(
                what, expected, found, tolerance, usual, Elements.Agreement.EXACT);
          } else {
            exact.run();
            Tensor expected = exact.read(exact.graph().outputs().getFirst());
            Elements.requireRounded(what, expected, found, rounding);
          }
        }
      }
    }
  }

  private static Session compile(Graph graph) {
    return new ReferenceBackend().compile(graph);
  }

  private static void write(Session reference, Value value, Tensor tensor) {
    Value counterpart = reference.graph().value(value.name());
    reference.write(counterpart, tensor.to(counterpart.dtype()));
  }

  /** An input as the case reads it, which may round it first. */
  private Tensor read(Value value, Tensor tensor) {
    boolean isCast = value.role() == Role.INPUT && value.dtype() == DType.F32;
    return isCast ? tensor.to(dtype).to(DType.F32) : tensor;
  }
}
