package dev.residual.engine;

import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A compiled graph with all its memory: write inputs, run, read outputs, close.
 *
 * <p>Inputs, parameters and states keep what was written until it is overwritten; they start as
 * zeros. Activations are readable after a run if they are outputs of the graph. After compilation
 * {@link #run} allocates nothing, on heap or off.
 *
 * <p>A session serves one thread at a time, any thread: a call that overlaps with one of another
 * thread throws {@link IllegalStateException}, as does any call after {@link #close} but {@link
 * #graph}, {@link #layout} and {@link #steps}. A value that is not in the graph is an {@link
 * IllegalArgumentException}.
 */
public interface Session extends AutoCloseable {

  /** The graph that was compiled. */
  Graph graph();

  /** The order in which this session holds the elements of a value. */
  Layout layout(Value value);

  /**
   * What a run executes, in order: each operation with the implementation that the backend chose
   * for it, and the copies of weights between. An operation split into chunks of the batch is
   * listed once per chunk. Unmodifiable, and the same after each run and after {@link #close}.
   */
  List<Work> steps();

  /**
   * Copies elements into a value.
   *
   * @param data as many bytes as the value has, without gaps, in any memory of the host: an array,
   *     an NIO buffer, or off the heap, aligned or not
   * @param layout the order of the data
   * @throws IllegalArgumentException if the value is computed or bound to read-only memory, the
   *     size differs, or a value of another rank than four is given channels last
   */
  void write(Value value, MemorySegment data, Layout layout);

  /**
   * Copies a tensor into a value.
   *
   * @throws IllegalArgumentException if type or shape differ
   */
  default void write(Value value, Tensor tensor) {
    if (tensor.dtype() != value.dtype() || !tensor.shape().equals(value.shape())) {
      throw new IllegalArgumentException("%s is written with %s".formatted(value, tensor));
    }
    write(value, tensor.data(), Layout.ROW_MAJOR);
  }

  /**
   * Copies the elements of a value out.
   *
   * @param data as many bytes as the value has, in any memory of the host
   * @param layout the order wanted
   * @throws IllegalArgumentException if the value is an activation but no output of the graph, the
   *     size differs, the data are read-only, or a value of another rank than four is wanted
   *     channels last
   */
  void read(Value value, MemorySegment data, Layout layout);

  /** The elements of a value as a new tensor. */
  default Tensor read(Value value) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    read(value, tensor.data(), Layout.ROW_MAJOR);
    return tensor;
  }

  /** The one element of a floating scalar value; allocates nothing. */
  double readScalar(Value value);

  /**
   * Uses the caller's memory for an input, parameter, state or output from now on: on the CPU
   * without a copy; host memory on a device is copied around each run.
   *
   * <p>The memory holds the elements in {@link #layout}. It must live until the session is closed
   * or the value is bound again. If it is closed before, or if only another thread may touch it,
   * calls that would touch it throw {@link IllegalStateException}. While an operation works in it,
   * closing its arena throws {@link IllegalStateException}. If it is closed between two operations,
   * the run throws, and its results are undefined. Memory that is mapped from a file is not
   * guarded: touching it after the file was cut short ends the JVM. A bound parameter is taken to
   * be constant between bindings unless the graph updates it: bind or write it again after changing
   * it. What is bound must not overlap with other values. Binding the memory that a value lies in
   * already allocates nothing; it marks a parameter as changed.
   *
   * @param memory off-heap, 64-byte aligned, of exactly the value's size. A session on a device
   *     takes such memory of the host, or memory of the device: of this size, or a segment of
   *     length 0 that holds an address
   * @throws IllegalArgumentException if the memory does not fit, its arena is closed or another
   *     thread's, a value that is computed or updated is given read-only memory, or the driver
   *     knows no memory of this device at an address, or less than the value has
   * @throws IllegalStateException if it is a parameter or state and this session has forked or is a
   *     fork: bind first, then fork
   */
  void bind(Value value, MemorySegment memory);

  /**
   * Executes all operations. On a device, work may go on after this returns. {@link #read}, {@link
   * #readScalar} and {@link #finish} wait for it, and throw what went wrong in it. Memory of the
   * host that outputs are bound to is complete when this returns. After a failure, outputs are
   * undefined, and a session of a device can only be closed.
   *
   * @throws IllegalStateException if a label is no class, before anything is computed; on the
   *     reference backend, and where labels are bound to memory of a device, the loss becomes NaN
   *     instead
   */
  void run();

  /** Waits until all runs are done; needed where outputs are bound to memory of a device. */
  void finish();

  /**
   * A session of the same graph for another thread. It shares parameters and states with this one,
   * and has inputs and activations of its own. Call it from the thread that uses this session. The
   * shared memory lives until the last of them is closed. Parameters and states can be written
   * through any of them. Write them only while no session of the family runs; this is not checked.
   *
   * @throws IllegalStateException if the graph updates parameters or states
   */
  Session fork();

  /** The bytes of off-heap memory that this session holds, shared memory included. */
  long bytes();

  /** Frees everything. Closing again does nothing. */
  @Override
  void close();
}
