package dev.residual.engine.program;

import dev.residual.engine.MemoryPlan;
import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.HashSet;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The memory of a session, and how it would shrink with the batch.
 *
 * @param graph what the session computes
 * @param lowering says what may be written over what
 * @param program what gives buffers their sizes
 * @param isFirst whether it has parameters of its own, not those of the session it is a fork of
 */
public record MemoryNeed(Graph graph, Lowering lowering, Program program, boolean isFirst) {

  /** What is thrown if a session of so many bytes does not fit; it names the batch that would. */
  public RuntimeException shortage(Memory memory, long needed, long available) {
    return memory.shortage(
        String.format(
            Locale.ROOT,
            "out of memory: the session needs %.2f GiB %s, and %.2f GiB are available; a smaller"
                + " batch needs less%s",
            needed / 0x1p30,
            memory.isDevice() ? "on the GPU" : "outside the Java heap",
            available / 0x1p30,
            advice(available)));
  }

  private String advice(long available) {
    OptionalInt batch = batch();
    if (batch.isEmpty()) {
      return "";
    }
    int largest = largestBatch(available);
    return largest > 0
        ? ": " + largest + " is the largest that fits"
        : ", but not even a batch of 1 fits";
  }

  /** The largest batch that is no larger than that of the graph and fits; 0 if none does. */
  public int largestBatch(long available) {
    int batch = batch().orElse(0);
    int fits = 0;
    int exceeds = batch + 1;
    while (exceeds - fits > 1) {
      int tried = (fits + exceeds) >>> 1;
      if (bytes(tried, batch) <= available) {
        fits = tried;
      } else {
        exceeds = tried;
      }
    }
    return fits;
  }

  /** The first extent of the first input with one. */
  private OptionalInt batch() {
    return graph.values(Role.INPUT).stream()
        .filter(value -> value.shape().rank() > 1)
        .mapToInt(value -> value.shape().dim(0))
        .findFirst();
  }

  /** The bytes of the session if every value with this batch had another. */
  private long bytes(int tried, int batch) {
    Set<Value> constant = weightsAndTheirGradients();
    long inputs =
        graph.values(Role.INPUT).stream()
            .mapToLong(value -> MemoryPlan.align(scaled(value, tried, batch, constant)))
            .sum();
    MemoryPlan plan =
        MemoryPlan.of(
            lowering.uses(graph), graph.outputs(), value -> scaled(value, tried, batch, constant));
    return plan.bytes() + inputs + fixed();
  }

  /** The bytes that no batch changes: parameters, states, scratch. */
  private long fixed() {
    Stream<Buffer> parameters =
        isFirst
            ? Stream.of(Role.PARAMETER, Role.STATE)
                .flatMap(role -> graph.values(role).stream())
                .map(program::buffer)
            : Stream.of();
    Stream<Buffer> kept = isFirst ? program.kept().stream() : Stream.of();
    return Stream.of(parameters, kept, program.workspaces().stream())
        .flatMap(buffers -> buffers)
        .mapToLong(buffer -> MemoryPlan.align(buffer.bytes()))
        .sum();
  }

  private long scaled(Value value, int tried, int batch, Set<Value> constant) {
    boolean mask = value.dtype() == DType.U8 && value.shape().rank() == 1;
    boolean batched = value.shape().rank() > 0 && value.shape().dim(0) == batch;
    long bytes = program.plannedBytes(value);
    return (mask || batched) && !constant.contains(value)
        ? Math.ceilDiv(bytes * tried, (long) batch)
        : bytes;
  }

  /** Activations whose first extent is a number of channels, which can be that of images. */
  private Set<Value> weightsAndTheirGradients() {
    Set<Value> constant = new HashSet<>();
    for (Op op : graph.ops()) {
      switch (op) {
        case ParameterUpdate update -> constant.add(update.gradient());
        case Lerp lerp -> constant.add(lerp.source());
        default -> {}
      }
      if (op instanceof Cast cast && cast.src().role() == Role.PARAMETER) {
        constant.add(cast.dst());
      }
    }
    return constant;
  }
}
