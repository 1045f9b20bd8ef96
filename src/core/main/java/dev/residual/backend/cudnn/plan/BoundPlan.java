package dev.residual.backend.cudnn.plan;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Storage;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.bindings.cudnn.PlanExecute;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A plan at one place of a program, with the addresses it works on: {@link #point} once, and again
 * when memory moves, then {@link #execute} as often as wanted, which allocates nothing.
 *
 * <p>It serves one thread at a time. Whoever executes it sees to it that the memory lives until the
 * stream is through.
 */
public final class BoundPlan implements AutoCloseable {
  private final Plan plan;
  private final List<GraphTensor> arguments;

  /** Owns what lasts as long as this: ids, addresses and the constants of the graph. */
  private final NativeScope scope;

  private final MemorySegment ids;
  private final MemorySegment data;
  private final MemorySegment out;
  private final long[] current;
  private MemorySegment pack = MemorySegment.NULL;
  private long planAddress;

  BoundPlan(Plan plan) {
    this.plan = plan;
    OperationGraph graph = plan.graph();
    arguments = graph.arguments();
    List<GraphTensor> constants =
        graph.tensors().stream().filter(t -> t.storage() == Storage.BY_VALUE).toList();
    List<GraphTensor> all = new ArrayList<>(arguments);
    all.addAll(constants);
    current = new long[arguments.size() + 1];
    scope = NativeScope.open();
    ids = scope.allocateFrom(JAVA_LONG, all.stream().mapToLong(graph::id).toArray());
    data = scope.allocate(JAVA_LONG, all.size() + 1L);
    out = scope.allocate(ADDRESS);
    for (int i = arguments.size(); i < all.size(); i++) {
      data.setAtIndex(JAVA_LONG, i, constant(all.get(i)).address());
    }
  }

  /** A constant in memory of the host, where cuDNN reads it when the plan is executed. */
  private MemorySegment constant(GraphTensor tensor) {
    MemorySegment segment = scope.allocate(JAVA_LONG);
    double value = tensor.constant();
    switch (tensor.type()) {
      case FLOAT -> segment.set(JAVA_FLOAT, 0, (float) value);
      case HALF -> segment.set(JAVA_SHORT, 0, Float.floatToFloat16((float) value));
      case BFLOAT16 -> segment.set(JAVA_SHORT, 0, bfloat16((float) value));
      case INT32 -> segment.set(JAVA_INT, 0, (int) value);
      case INT64 -> segment.set(JAVA_LONG, 0, (long) value);
      case INT8, UINT8, BOOLEAN ->
          throw new IllegalArgumentException("no constant is of such a type: " + tensor);
    }
    return segment;
  }

  /** Rounds to nearest, ties to even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    return (short) (Float.isNaN(value) ? bits >>> 16 : bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /** The plan. */
  public Plan plan() {
    return plan;
  }

  /**
   * Says where the operands are. Nothing is done where they are known to be there.
   *
   * @param pointers the addresses of the {@link OperationGraph#arguments arguments} of the plan's
   *     graph, in their order, multiples of 16
   * @param workspace the address of {@link Plan#workspaceBytes} bytes; 0 if there are none
   * @throws IllegalArgumentException if an address is missing or not aligned
   */
  public void point(long[] pointers, long workspace) {
    if (pack.address() != 0 && isCurrent(pointers, workspace)) {
      return;
    }
    check(pointers, workspace);
    unpack();
    for (int i = 0; i < pointers.length; i++) {
      data.setAtIndex(JAVA_LONG, i, pointers[i]);
    }
    pack = pack(workspace);
    planAddress = plan.address();
    System.arraycopy(pointers, 0, current, 0, pointers.length);
    current[pointers.length] = workspace;
  }

  private boolean isCurrent(long[] pointers, long workspace) {
    int count = current.length - 1;
    return pointers.length == count
        && Arrays.equals(pointers, 0, count, current, 0, count)
        && current[count] == workspace;
  }

  private void check(long[] pointers, long workspace) {
    if (pointers.length != arguments.size()) {
      throw new IllegalArgumentException(
          "%d addresses are needed, for %s, not %d"
              .formatted(arguments.size(), arguments, pointers.length));
    }
    for (int i = 0; i < pointers.length; i++) {
      if (pointers[i] == 0 || pointers[i] % GraphWriter.ALIGNMENT != 0) {
        throw new IllegalArgumentException(
            "the address of %s must be a multiple of %d, not 0x%x"
                .formatted(arguments.get(i), GraphWriter.ALIGNMENT, pointers[i]));
      }
    }
    if (workspace == 0 && plan.workspaceBytes() != 0) {
      throw new IllegalArgumentException("a workspace is needed by " + plan);
    }
  }

  /** A variant pack cannot be changed once it is finalized, so there is a new one. */
  private MemorySegment pack(long workspace) {
    CudnnLibrary.check(
        "cudnnBackendCreateDescriptor for a variant pack",
        Cudnn.cudnnBackendCreateDescriptor(Cudnn.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR(), out));
    Descriptor created = new Descriptor(out.get(ADDRESS, 0), "a variant pack of " + plan);
    try {
      long count = ids.byteSize() / JAVA_LONG.byteSize();
      data.setAtIndex(JAVA_LONG, count, workspace);
      created.set(Cudnn.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS(), Cudnn.CUDNN_TYPE_INT64(), count, ids);
      created.set(
          Cudnn.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS(), Cudnn.CUDNN_TYPE_VOID_PTR(), count, data);
      created.set(
          Cudnn.CUDNN_ATTR_VARIANT_PACK_WORKSPACE(),
          Cudnn.CUDNN_TYPE_VOID_PTR(),
          1,
          data.asSlice(count * JAVA_LONG.byteSize()));
      created.finish();
      return created.handle();
    } catch (Throwable e) {
      destroy(created.handle());
      throw e;
    }
  }

  /**
   * Puts the plan's work into the stream of a handle.
   *
   * @param handle the address of the handle, of the device that the plan was made for
   * @throws dev.residual.bindings.NativeException if cuDNN refuses
   * @throws IllegalStateException if it is not known where the operands are
   */
  public void execute(long handle) {
    if (pack.address() == 0) {
      throw new IllegalStateException("there are no addresses, or this is closed: " + plan);
    }
    CudnnLibrary.check(
        "cudnnBackendExecute", PlanExecute.execute(handle, planAddress, pack.address()));
  }

  private void unpack() {
    MemorySegment old = pack;
    pack = MemorySegment.NULL;
    if (old.address() != 0) {
      destroy(old);
    }
  }

  private static void destroy(MemorySegment descriptor) {
    // What cannot be destroyed is lost either way.
    int ignored = Cudnn.cudnnBackendDestroyDescriptor(descriptor);
  }

  /** Frees what it holds. Closing again does nothing. */
  @Override
  public void close() {
    unpack();
    scope.close();
  }
}
