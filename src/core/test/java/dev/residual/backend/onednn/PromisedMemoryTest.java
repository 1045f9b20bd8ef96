package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.bindings.AvailableMemory;
import dev.residual.bindings.NativeException;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Sessions that fit one by one, but not together. */
class PromisedMemoryTest {
  private final OneDnnBackend backend = new OneDnnBackend();

  @Test
  void memoryOfASessionThatHasNotRunIsNotPromisedAgain() {
    long available = AvailableMemory.bytes();
    Assumptions.assumeTrue(available < 1L << 42, "the system does not tell what it has");
    // Source and result take three fifths, and nobody touches them.
    int rows = (int) (available * 3 / 10 / (4 << 20));
    Value src = Value.input("src", Shape.of(1, 1, rows, 1 << 20));
    Value dst = Value.activation("dst", src.shape());
    Graph graph = Graph.of(new Relu(src, dst));
    try (Session session = backend.compile(graph, new CompileOptions(1))) {
      requireShortage(session::fork);
      requireShortage(() -> backend.compile(graph, new CompileOptions(1)));
    }
    backend.compile(graph, new CompileOptions(1)).close();
  }

  private static void requireShortage(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(NativeException.class)
        .hasMessageContaining("out of memory: the session needs");
  }
}
