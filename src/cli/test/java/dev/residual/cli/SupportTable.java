package dev.residual.cli;

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
import java.util.Map;
import java.util.TreeMap;

/**
 * The table of the README: by operation, whether a backend runs all of the cases. Fused forms are
 * left out, since graphs get them only where a backend has them.
 */
final class SupportTable {
  private final Map<String, Integer> cases = new TreeMap<>();
  private final Map<String, Integer> runs = new TreeMap<>();

  private SupportTable(Backend backend, DType dtype) {
    for (OpCase row : OpCases.all()) {
      for (Op op : row.graph(dtype).ops()) {
        if (!isFused(op)) {
          cases.merge(op.kind(), 1, Integer::sum);
          runs.merge(op.kind(), backend.supports(op) ? 1 : 0, Integer::sum);
        }
      }
    }
  }

  static String markdown() {
    SupportTable cpu = new SupportTable(Backends.cpu(), DType.F32);
    SupportTable half = new SupportTable(Backends.cpu(), DType.BF16);
    SupportTable single = new SupportTable(Backends.reference(), DType.F32);
    SupportTable twice = new SupportTable(Backends.reference(), DType.F64);
    StringBuilder text = new StringBuilder();
    text.append("| operation | cpu f32 | cpu bf16 | reference f32 | reference f64 |\n");
    text.append("|---|---|---|---|---|\n");
    for (String kind : cpu.cases.keySet()) {
      text.append(
          "| %s | %s | %s | %s | %s |\n"
              .formatted(
                  kind, cpu.cell(kind), half.cell(kind), single.cell(kind), twice.cell(kind)));
    }
    return text.toString();
  }

  /** A table without what this processor refuses: the column of bf16, the rows of integers. */
  static String ofThisProcessor(String table) {
    CpuRuntime processor = CpuRuntime.load();
    String types =
        processor.bf16() ? table : table.replaceAll("(?m)^(\\|[^|]*\\|[^|]*\\|)[^|]*\\|", "$1");
    return processor.int8()
        ? types
        : types.replaceAll("(?m)^\\| (Quantize|Dequantize|QuantizedConv2d) .*\\n", "");
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

  private String cell(String kind) {
    int all = cases.getOrDefault(kind, 0);
    int some = runs.getOrDefault(kind, 0);
    return some == all ? "yes" : some == 0 ? "no" : "in part";
  }
}
