package dev.residual;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * What a backend must do besides if its kernels are not those of the reference: whatever the role
 * of an operand is, and whatever its elements are.
 */
public abstract class OperandContract extends BackendContract {

  /** A backend may keep parameters in another order than images. */
  @Tag("roles")
  @TestFactory
  Stream<DynamicTest> everyOperationReadsParametersAsItReadsImages() {
    return OpCases.usual()
        .flatMap(
            row -> {
              Graph graph = row.graph(dtype());
              return Roles.subsets(Roles.images(graph)).stream()
                  .map(
                      some ->
                          DynamicTest.dynamicTest(
                              row + " of parameters " + some,
                              () ->
                                  requireReferenceResults(
                                      row, Roles.parameters(graph, some), dtype())));
            });
  }

  /** What is no finite number is handed on, so that a broken input or a divergence is seen. */
  @Tag("not-finite")
  @TestFactory
  Stream<DynamicTest> everyOperationHandsOnWhatIsNotFinite() {
    return dtypes().stream()
        .flatMap(
            dtype ->
                OpCases.usual()
                    .filter(row -> !NotFinite.isLostIn(row.graph(dtype)))
                    .map(
                        row ->
                            DynamicTest.dynamicTest(
                                dtype + " " + row, () -> requireNotFinite(row, dtype))));
  }

  private void requireNotFinite(OpCase row, DType dtype) {
    Graph graph = row.graph(dtype);
    if (!graph.ops().stream().allMatch(backend()::supports)) {
      abort("not supported by " + backend().name());
    }
    Map<Value, Tensor> inputs = RandomInputs.of(graph, SEED);
    try (Session session = backend().compile(graph);
        Session reference = new ReferenceBackend().compile(graph)) {
      for (NotFinite kind : NotFinite.values()) {
        for (Value place : kind.places(graph)) {
          for (Session each : List.of(session, reference)) {
            inputs.forEach(
                (value, tensor) ->
                    each.write(value, value.equals(place) ? kind.in(tensor) : tensor));
            each.run();
          }
          for (Value value : results(graph)) {
            Elements.requireClose(
                "%s %s, %s with %s in %s, seed %d"
                    .formatted(dtype, row, value.name(), kind, place.name(), SEED),
                reference.read(value),
                session.read(value),
                tolerance(row, dtype),
                kind.agreement(graph, place));
          }
        }
      }
    }
  }
}
