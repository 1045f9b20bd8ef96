package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.engine.program.Buffer;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sums that a convolution's kernel leaves for the batch norm that comes next, so that the batch
 * norm need not read the tensor again for its statistics.
 */
final class NormSums {
  private final Set<Value> wanted = new HashSet<>();
  private final Buffer buffer = new Buffer("sums", 0);
  private @Nullable Value summed;

  NormSums(Graph graph) {
    List<Op> ops = graph.ops();
    for (int i = 0; i + 1 < ops.size(); i++) {
      if (ops.get(i) instanceof Conv2d conv
          && ops.get(i + 1) instanceof BatchNorm norm
          && norm.src().equals(conv.dst())) {
        wanted.add(conv.dst());
      }
    }
  }

  /** Whether a batch norm comes next that can use the sums of a convolution's result. */
  boolean areWanted(Value result) {
    return wanted.contains(result);
  }

  /** The buffer for the sums of a value, until the next convolution writes to it. */
  Buffer write(Value value, int threads) {
    buffer.require(Residual.residual_sums_bytes(value.shape().dim(1), threads));
    summed = value;
    return buffer;
  }

  /** The buffer, if it holds the sums of this value. */
  @Nullable Buffer read(Value value) {
    return value.equals(summed) ? buffer : null;
  }

  Buffer buffer() {
    return buffer;
  }
}
