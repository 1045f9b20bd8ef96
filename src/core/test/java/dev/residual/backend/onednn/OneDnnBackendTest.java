package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.OpCase;
import dev.residual.OpCases;
import dev.residual.OperandContract;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Quantize;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(HeldInstructions.class)
class OneDnnBackendTest extends OperandContract {

  @Override
  protected Backend backend() {
    return new OneDnnBackend();
  }

  @Override
  protected List<DType> dtypes() {
    return List.of(DType.F32, DType.BF16);
  }

  @Test
  void f16IsRefusedByName() {
    for (OpCase row : OpCases.usual().toList()) {
      Graph graph = row.graph(DType.F16);
      if (graph.values().stream().anyMatch(value -> value.dtype() == DType.F16)) {
        assertThat(graph.ops().stream().allMatch(backend()::supports)).as(row.name()).isFalse();
        assertThatThrownBy(() -> backend().compile(graph))
            .isInstanceOf(UnsupportedOpException.class)
            .hasMessageContainingAll("cpu", "F16", "is not F32: f16 needs a GPU", "use BF16");
      }
    }
  }

  @Test
  void ownKernelsRoundNaNToZero() {
    assumeTrue(KernelLibrary.isAvailable(), "Residual's own kernels are not built");
    Value src = Value.input("src", Shape.of(70));
    float[] numbers = new float[70];
    Arrays.fill(numbers, Float.NaN);
    for (DType type : List.of(DType.U8, DType.S8)) {
      Quantize op = new Quantize(src, Value.activation("dst", src.shape(), type), 1);
      try (Session session = backend().compile(Graph.of(op))) {
        session.write(src, Tensor.of(src.shape(), numbers));
        session.run();
        assertThat(session.read(op.dst()).toDoubles()).containsOnly(0);
      }
    }
  }

  /** As PyTorch's; of oneDNN's own it is 0. */
  @Test
  void reluOfOwnKernelsKeepsNaN() {
    assumeTrue(KernelLibrary.isAvailable(), "Residual's own kernels are not built");
    GraphBuilder builder = new GraphBuilder(DType.F32);
    Value src = builder.input("src", Shape.of(2, 16, 3, 5));
    Value dst = builder.relu("dst", normInference(builder, src));
    float[] numbers = new float[2 * 16 * 3 * 5];
    numbers[17] = Float.NaN;
    Graph graph = Fusion.fuse(builder.build(dst), backend()::supports);
    assertThat(graph.ops()).hasSize(1);
    try (Session session = backend().compile(graph)) {
      session.write(src, Tensor.of(src.shape(), numbers));
      session.write(graph.value("scale"), Tensor.of(Shape.of(16), new float[16]));
      session.run();
      float[] found = session.read(dst).toFloats();
      assertThat(found[17]).isNaN();
      assertThat(found[16]).isZero();
    }
  }
}
