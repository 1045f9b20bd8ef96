package dev.residual;

import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A compiled operation that runs on the caller's memory.
 *
 * <p>Safe for use by several threads. Calls of one operation wait for each other; for parallel
 * calls of the same operation use {@link Kernels} of its own for each thread. Kernels whose
 * operations differ in nothing but the names of their values share one compiled operation. It lives
 * until all of them are closed, and the {@link Kernels} that compiled it are closed or have dropped
 * it. A kernel keeps hold of the memory of its last call.
 */
public final class Kernel implements AutoCloseable {
  private final Op op;
  private final List<Value> values;
  private final DisjointMemory disjoint;
  private final CompiledOp compiled;
  private boolean closed;

  /** A handle that releases what was acquired for it. */
  Kernel(Op op, CompiledOp compiled) {
    this.op = op;
    this.values = CanonicalOp.values(op);
    this.disjoint = new DisjointMemory(op, values);
    this.compiled = compiled;
  }

  /** The operation. */
  public Op op() {
    return op;
  }

  /** The values in the order in which {@link #run} takes their memory: inputs, then outputs. */
  public List<Value> values() {
    return values;
  }

  /**
   * The order in which a value lies in memory.
   *
   * @throws IllegalArgumentException if the operation has no such value
   */
  public Layout layout(Value value) {
    int index = values.indexOf(value);
    if (index < 0) {
      throw new IllegalArgumentException(
          "%s is no value of %s, which has %s".formatted(value, op.kind(), values));
    }
    return compiled.layout(index);
  }

  /**
   * Runs the operation, in place where the memory allows it, as {@link Kernels} says. A call with
   * an array that is passed again, of memory that the last call was given, allocates nothing; for
   * memory of the host that holds for all of the same arenas. Parameters are taken to have changed
   * between calls.
   *
   * <p>On a GPU, too, the work is done when this returns. Off-heap memory that is written must
   * overlap no other. Where each element is computed alone and kept in the same type, as by {@link
   * dev.residual.graph.Relu} and {@link dev.residual.graph.Add}, the result may take the whole
   * place of an input.
   *
   * @param memory for each of {@link #values}, in that order, memory of exactly its size
   * @throws IllegalArgumentException if the number of segments or the size of one is wrong,
   *     segments overlap that must not, or an address is not of memory of this GPU
   * @throws IllegalStateException if this kernel is closed
   */
  public void run(MemorySegment... memory) {
    synchronized (compiled) {
      if (closed) {
        throw new IllegalStateException("the kernel of " + op.kind() + " is closed");
      }
      execute(memory);
    }
  }

  /** Runs the operation for a caller who sees to it that it is not closed meanwhile. */
  void execute(MemorySegment[] memory) {
    if (memory.length != values.size()) {
      throw new IllegalArgumentException(
          "%s takes memory for %s, given %d segments".formatted(op.kind(), values, memory.length));
    }
    disjoint.require(memory);
    try {
      compiled.run(memory);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(named(e), e);
    } catch (IllegalStateException e) {
      throw new IllegalStateException(named(e), e);
    }
  }

  private String named(RuntimeException e) {
    return CanonicalOp.named(String.valueOf(e.getMessage()), values);
  }

  CompiledOp compiled() {
    return compiled;
  }

  /** Lets the compiled operation go, after a call that is under way. Closing again does nothing. */
  @Override
  public void close() {
    synchronized (compiled) {
      if (closed) {
        return;
      }
      closed = true;
    }
    compiled.release();
  }
}
