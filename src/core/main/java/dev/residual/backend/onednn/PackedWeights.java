package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Weights in the layouts that primitives and kernels prefer: packed once, if nothing changes them,
 * or before each use. Those that are packed before each use, and weight gradients before they are
 * unpacked, share one buffer.
 */
final class PackedWeights {
  private final OneDnnLowering lowering;
  private final Set<Value> updated;
  private final WeightCasts casts;
  private final Buffer packing = new Buffer("packing", 0);
  private final Map<Value, Argument> packed = new HashMap<>();
  private final Map<String, Buffer> transformed = new HashMap<>();

  PackedWeights(OneDnnLowering lowering, Graph graph) {
    this.lowering = lowering;
    updated = graph.updated();
    casts = new WeightCasts(graph);
  }

  /** The shared buffer, whose contents last until the next step but one. */
  Buffer packing() {
    return packing;
  }

  /** The shared buffer with room for so much; its contents last until the next step but one. */
  Buffer temporary(long bytes) {
    packing.require(bytes);
    return packing;
  }

  /** Whether the cast that computes a value is left out. */
  boolean isOmitted(Value value) {
    return casts.isOmitted(value);
  }

  /** What holds the weights that a primitive is given: the parameter, if a cast was left out. */
  Value source(Value weights) {
    return casts.source(weights);
  }

  /** Whether weights are packed once for all runs, and not before each use. */
  boolean isConstant(Value weights) {
    return weights.role() == Role.PARAMETER
        && !updated.contains(weights)
        && !lowering.settings().repacks();
  }

  /** Adds the weights of a primitive, packed as it wants them. */
  Argument packed(PrimitiveDescriptor descriptor, Value weights, MemorySegment plain) {
    MemorySegment wanted = descriptor.weights();
    Buffer src = lowering.buffer(weights);
    if (PrimitiveDescriptor.same(plain, wanted)) {
      return new Argument(Dnnl.DNNL_ARG_WEIGHTS(), src, plain);
    }
    long bytes = PrimitiveDescriptor.bytes(wanted);
    if (!isConstant(weights)) {
      Buffer dst = temporary(bytes);
      pack(weights, src, plain, dst, wanted);
      return new Argument(Dnnl.DNNL_ARG_WEIGHTS(), dst, wanted);
    }
    Argument known = packed.get(weights);
    if (known != null && PrimitiveDescriptor.same(known.descriptor(), wanted)) {
      return known;
    }
    Buffer dst = lowering.program().keep(weights.name() + " (packed)", bytes);
    lowering.program().prepare(lowering.steps().reorder(src, plain, dst, wanted));
    Argument argument = new Argument(Dnnl.DNNL_ARG_WEIGHTS(), dst, wanted);
    packed.put(weights, argument);
    return argument;
  }

  /**
   * Weights as a kernel of our own wants them.
   *
   * @param form what they are transformed to; of each parameter and form there is one copy
   * @param transformation makes the step that writes them to a buffer
   */
  Buffer transformed(
      Value weights, String form, long bytes, Function<Buffer, Step> transformation) {
    if (!isConstant(weights)) {
      Buffer dst = temporary(bytes);
      Cost cost = new Cost(0, weights.bytes(), bytes);
      lowering.program().pack(weights, transformation.apply(dst), cost);
      return dst;
    }
    return transformed.computeIfAbsent(
        weights.name() + " (" + form + ")",
        name -> {
          Buffer dst = lowering.program().keep(name, bytes);
          lowering.program().prepare(transformation.apply(dst));
          return dst;
        });
  }

  /** Executes a primitive that computes weight gradients, and unpacks them. */
  void executeGradient(
      PrimitiveDescriptor descriptor,
      List<Argument> arguments,
      Value diffWeights,
      MemorySegment plain) {
    MemorySegment chosen = descriptor.diffWeights();
    boolean same = PrimitiveDescriptor.same(plain, chosen);
    Buffer diff = lowering.buffer(diffWeights);
    Buffer dst = same ? diff : temporary(PrimitiveDescriptor.bytes(chosen));
    List<Argument> all = new ArrayList<>(arguments);
    all.add(new Argument(Dnnl.DNNL_ARG_DIFF_WEIGHTS(), dst, chosen));
    lowering.steps().execute(descriptor, all);
    if (!same) {
      pack(diffWeights, dst, chosen, diff, plain);
    }
  }

  /** Adds a copy of weights, or of their gradient, to another layout. */
  void pack(Value weights, Buffer src, MemorySegment from, Buffer dst, MemorySegment to) {
    Cost cost = new Cost(0, PrimitiveDescriptor.bytes(from), PrimitiveDescriptor.bytes(to));
    lowering.program().pack(weights, lowering.steps().reorder(src, from, dst, to), cost);
  }
}
