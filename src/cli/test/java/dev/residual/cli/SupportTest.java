package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.OpCase;
import dev.residual.OpCases;
import dev.residual.engine.Backend;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.tensor.DType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the README says of backends is true: each computes all operations, but for bf16 and 8-bit
 * integers where the processor lacks them. Fused forms are left out, since graphs get them only
 * where a backend has them.
 */
class SupportTest {

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "BF16", "F16"})
  void theReferenceComputesEveryOperation(DType dtype) {
    assertThat(unsupported(Backends.reference(), dtype)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void theProcessorComputesEveryOperation(DType dtype) {
    CpuRuntime processor = CpuRuntime.load();
    Set<String> expected = new HashSet<>();
    if (!processor.int8()) {
      expected.addAll(List.of("Quantize", "Dequantize", "QuantizedConv2d"));
    }
    if (dtype != DType.BF16 || processor.bf16()) {
      assertThat(expected).containsAll(unsupported(Backends.cpu(), dtype));
    } else {
      assertThat(unsupported(Backends.cpu(), dtype)).contains("Conv2d", "BatchNorm");
    }
  }

  private static Set<String> unsupported(Backend backend, DType dtype) {
    Set<String> unsupported = new TreeSet<>();
    for (OpCase row : OpCases.all()) {
      for (Op op : row.graph(dtype).ops()) {
        if (!isFused(op) && !backend.supports(op)) {
          unsupported.add(op.kind());
        }
      }
    }
    return unsupported;
  }

  private static boolean isFused(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.add() != null || conv.relu();
      case QuantizedConv2d conv -> conv.add() != null || conv.relu();
      case BatchNorm norm -> norm.add() != null || norm.relu();
      case BatchNormInference norm -> norm.add() != null || norm.relu();
      case BatchNormBackward norm ->
          norm.diffDstAdd() != null || norm.diffAdd() != null || norm.mask() != null;
      default -> false;
    };
  }
}
