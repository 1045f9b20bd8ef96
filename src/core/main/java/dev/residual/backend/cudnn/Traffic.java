package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.ConvolutionBackwardData;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.NormBackward;
import dev.residual.backend.cudnn.operation.NormForward;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Storage;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The bytes that move between a device and its memory, without caches. */
final class Traffic {
  private Traffic() {}

  /** The bytes that a launch reads and writes. */
  static long of(Launch launch) {
    return switch (launch) {
      case GatherLaunch gather -> bytes(gather.reads()) + bytes(gather.writes());
      case KernelLaunch kernel -> bytes(kernel.reads()) + bytes(kernel.writes());
      case GraphLaunch(OperationGraph graph, Map<String, Value> _) ->
          graph.tensors().stream()
                  .filter(tensor -> tensor.storage() == Storage.MEMORY)
                  .mapToLong(Traffic::bytes)
                  .sum()
              + readAgain(graph);
    };
  }

  /** What is added to is read, too, and a norm needs its sums before its first result. */
  private static long readAgain(OperationGraph graph) {
    long bytes = 0;
    for (Node node : graph.nodes()) {
      if (node instanceof ConvolutionBackwardData data && data.accumulates()) {
        bytes += bytes(data.dx());
      }
      if (node instanceof NormForward norm && norm.phase() == NormForward.Phase.TRAINING) {
        bytes += bytes(norm.x());
      }
      if (node instanceof NormBackward norm) {
        Set<GraphTensor> sources = new HashSet<>();
        collect(graph, norm.dy(), sources);
        bytes += bytes(norm.x()) + sources.stream().mapToLong(Traffic::bytes).sum();
      }
    }
    return bytes;
  }

  /** The tensors in memory that a tensor is computed from, or itself if it is in memory. */
  private static void collect(OperationGraph graph, GraphTensor of, Set<GraphTensor> sources) {
    if (of.storage() == Storage.MEMORY) {
      sources.add(of);
    }
    if (of.storage() == Storage.VIRTUAL) {
      for (Node node : graph.nodes()) {
        if (node.outputs().contains(of)) {
          node.inputs().forEach(input -> collect(graph, input, sources));
        }
      }
    }
  }

  private static long bytes(GraphTensor tensor) {
    long elements = tensor.dims().stream().reduce(1L, Math::multiplyExact);
    return (elements * tensor.type().bits() + 7) / 8;
  }

  private static long bytes(List<Value> values) {
    return values.stream().mapToLong(Value::bytes).sum();
  }

  /**
   * The bytes that remain where everything is fused into the convolutions: each reads and writes
   * its images once, the results of the norms between them are never stored, and the sums of the
   * norms are made beside the convolutions before them. What follows from parameters alone is kept.
   */
  static long bound(Graph graph) {
    KeptValues kept = new KeptValues(new GraphIndex(graph));
    long bytes = 0;
    for (Op op : graph.ops()) {
      bytes +=
          switch (op) {
            case Op any when kept.isKept(any) -> 0;
            case BatchNorm norm when isInner(graph, norm) -> 0;
            case BatchNorm norm -> bytes(norm.inputs()) + bytes(norm.outputs());
            // The gradient of the data already multiplies by the mask, which follows from the
            // source.
            case BatchNormBackward norm when !norm.frozen() ->
                2 * norm.src().bytes() + norm.diffDst().bytes() + norm.diffSrc().bytes();
            case ParameterUpdate update ->
                Cost.of(update).bytes() + bytes(Op.present(kept.half(update.parameter())));
            default -> Cost.of(op).bytes();
          };
    }
    return bytes;
  }

  private static boolean isInner(Graph graph, BatchNorm norm) {
    return norm.add() == null
        && !graph.outputs().contains(norm.dst())
        && graph.ops().stream()
            .filter(op -> op.inputs().contains(norm.dst()))
            .allMatch(op -> op instanceof Conv2d || op instanceof Conv2dBackwardWeights);
  }
}
