package dev.residual.dlpack;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.dlpack.DlTensor;
import dev.residual.bindings.dlpack.LentTensors;
import dev.residual.bindings.dlpack.ManagedStruct;
import dev.residual.bindings.dlpack.ManagedTensor;
import dev.residual.bindings.dlpack.SharedMemory;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A tensor whose memory this library and others share, by DLPack: one that was borrowed, or one
 * that others can borrow.
 *
 * <p>Closing it ends its use in Java. Its memory is freed, or given back to the library that lent
 * it, when it is closed and nobody has it borrowed any more: once, by whichever thread comes last.
 * Safe for use by several threads.
 */
public final class SharedTensor implements AutoCloseable {
  private final DType dtype;
  private final Shape shape;
  private final Layout layout;
  private final boolean isCopied;
  private final SharedMemory memory;

  private SharedTensor(
      DType dtype, Shape shape, Layout layout, boolean isCopied, SharedMemory memory) {
    this.dtype = dtype;
    this.shape = shape;
    this.layout = layout;
    this.isCopied = isCopied;
    this.memory = memory;
  }

  /**
   * A tensor of zeros, off the heap and aligned so that a session can be bound to it.
   *
   * @throws IllegalArgumentException if a tensor of another rank than four is to lie channels last
   * @throws dev.residual.bindings.NativeException if there is not as much memory
   */
  public static SharedTensor zeros(DType dtype, Shape shape, Layout layout) {
    requireRank(shape, layout);
    return owned(dtype, shape, layout, false);
  }

  /** A tensor in memory of its own. */
  private static SharedTensor owned(DType dtype, Shape shape, Layout layout, boolean isCopied) {
    return NativeScope.construct(
        scope -> {
          long bytes = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
          MemorySegment slab = scope.slab("a shared tensor", bytes);
          return new SharedTensor(
              dtype,
              shape,
              layout,
              isCopied,
              new SharedMemory(slab.address(), bytes, false, scope::close));
        });
  }

  /**
   * A tensor in memory of the caller's, which others can borrow.
   *
   * @param memory off-heap, as many bytes as the tensor has; it must stay until it is released
   * @param release is called once, when this is closed and nobody has the tensor borrowed: by any
   *     thread, so that it may close a shared arena, but no confined one
   * @throws IllegalArgumentException if the memory lies in the heap or has another size, or a
   *     tensor of another rank than four is to lie channels last
   */
  public static SharedTensor of(
      DType dtype, Shape shape, Layout layout, MemorySegment memory, Runnable release) {
    requireRank(shape, layout);
    long bytes = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    if (!memory.isNative() || memory.byteSize() != bytes || !memory.scope().isAlive()) {
      throw new IllegalArgumentException(
          "%s %s needs %d bytes of off-heap memory, given %s%s"
              .formatted(
                  dtype,
                  shape,
                  bytes,
                  memory,
                  memory.scope().isAlive() ? "" : ", which is closed"));
    }
    return new SharedTensor(
        dtype,
        shape,
        layout,
        false,
        new SharedMemory(memory.address(), bytes, memory.isReadOnly(), release));
  }

  private static void requireRank(Shape shape, Layout layout) {
    if (layout == Layout.CHANNELS_LAST && shape.rank() != 4) {
      throw new IllegalArgumentException(
          "%s has no channels-last layout, only shapes of rank 4 have".formatted(shape));
    }
  }

  /**
   * Borrows a tensor by the address of a {@code DLManagedTensorVersioned}, of any version 1.x, as a
   * PyCapsule called {@code dltensor_versioned} holds it. From this call on the structure is this
   * library's to delete. It does so when the tensor is closed, and at once if it refuses it.
   *
   * <p>If the elements lie without gaps in one of the {@linkplain Layout layouts}, they are not
   * copied. Else they are, row-major, and given back at once.
   *
   * @throws IllegalArgumentException if it has another major version, a type that {@link DType} has
   *     not, an extent of 0, or lies on a device that is neither the processor nor of CUDA; or if
   *     it lies on a device in no layout
   */
  public static SharedTensor borrowVersioned(long address) {
    return borrow(ManagedStruct.VERSIONED, address);
  }

  /**
   * Borrows a tensor by the address of a {@code DLManagedTensor}, as a PyCapsule called {@code
   * dltensor} holds it; otherwise like {@link #borrowVersioned}.
   */
  public static SharedTensor borrowUnversioned(long address) {
    return borrow(ManagedStruct.UNVERSIONED, address);
  }

  private static SharedTensor borrow(ManagedStruct kind, long address) {
    ManagedTensor managed = ManagedTensor.take(kind, address);
    try {
      return borrow(managed, ForeignTensor.of(managed.tensor()));
    } catch (RuntimeException | Error e) {
      managed.delete();
      throw e;
    }
  }

  private static SharedTensor borrow(ManagedTensor managed, ForeignTensor foreign) {
    Shape shape = foreign.elements().shape();
    Layout layout = foreign.layout();
    if (layout == null && !foreign.isOnHost()) {
      throw new IllegalArgumentException(
          "a tensor of extents %s and strides %s lies on a device, where it cannot be copied"
              .formatted(shape, foreign.elements().strides()));
    }
    SharedMemory memory =
        new SharedMemory(
            foreign.address(),
            foreign.isOnHost() ? foreign.bytes() : 0,
            managed.isReadOnly(),
            managed::delete);
    if (layout != null) {
      return new SharedTensor(foreign.dtype(), shape, layout, false, memory);
    }
    try (memory) {
      SharedTensor copy = owned(foreign.dtype(), shape, Layout.ROW_MAJOR, true);
      foreign.elements().copy(memory.segment(), copy.memory(), foreign.dtype().bytes());
      return copy;
    }
  }

  /** The element type. */
  public DType dtype() {
    return dtype;
  }

  /** The extents, outermost first; images are n c h w, in whatever layout they lie. */
  public Shape shape() {
    return shape;
  }

  /** The order of the elements in {@link #memory}. */
  public Layout layout() {
    return layout;
  }

  /** Whether this is a copy of what was borrowed, because that lay in no layout. */
  public boolean isCopied() {
    return isCopied;
  }

  /**
   * The elements, until this is closed: read-only if they were lent so, and of length 0 if they lie
   * on a device, as {@link dev.residual.engine.Session#bind} takes it.
   */
  public MemorySegment memory() {
    return memory.segment();
  }

  /**
   * Lends the tensor: the address of a new {@code DLManagedTensorVersioned}, version 1.0. Whoever
   * gets it must call its deleter, once, from any thread.
   *
   * @throws IllegalStateException if this is closed, or lies on a device
   */
  public long lendVersioned() {
    return lend(ManagedStruct.VERSIONED);
  }

  /**
   * Lends the tensor as a {@code DLManagedTensor}; otherwise like {@link #lendVersioned}.
   *
   * @throws IllegalArgumentException if the memory is read-only, which that structure cannot say
   */
  public long lendUnversioned() {
    return lend(ManagedStruct.UNVERSIONED);
  }

  private long lend(ManagedStruct kind) {
    MemorySegment segment = memory.segment();
    if (segment.byteSize() == 0) {
      throw new IllegalStateException("a tensor on a device is not lent");
    }
    memory.borrow();
    try {
      return LentTensors.lend(
          kind,
          new DlTensor(
              segment.address(),
              new DlTensor.Device(DlTensor.CPU, 0),
              ElementTypes.of(dtype),
              Arrays.stream(shape.dims()).mapToObj(Long::valueOf).toList(),
              Arrays.stream(Strided.strides(shape, layout)).boxed().toList(),
              0),
          segment.isReadOnly(),
          memory::giveBack);
    } catch (RuntimeException | Error e) {
      memory.giveBack();
      throw e;
    }
  }

  /**
   * Ends the use in Java; borrowers keep the memory. Closing again does nothing.
   *
   * @throws IllegalStateException if an operation works in the memory; it stays open then
   */
  @Override
  public void close() {
    memory.close();
  }

  @Override
  public String toString() {
    return "SharedTensor[" + dtype + " " + shape + " " + layout + "]";
  }
}
