package dev.residual.backend.onednn;

import dev.residual.bindings.AvailableMemory;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.engine.program.LayoutCopy;
import dev.residual.engine.program.Memory;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Memory of the processor, in a scope that owns what uses it, too. */
final class HostMemory implements Memory {
  private static final int ENOMEM = 12;

  private final NativeScope scope = NativeScope.open();
  private final @Nullable ImageCopies copies;

  /** Memory whose images plain loops copy between layouts. */
  HostMemory() {
    copies = null;
  }

  /** Memory whose images are copied between layouts by what settings say. */
  HostMemory(KernelSettings settings) {
    copies = settings.kernels() ? new ImageCopies(scope, settings.threads()) : null;
  }

  /** The scope of handles and small things, which go before the memory. */
  NativeScope scope() {
    return scope;
  }

  @Override
  public MemorySegment slab(String purpose, long bytes) {
    return scope.slab(purpose, bytes);
  }

  @Override
  public void copyIn(
      Value value, MemorySegment data, Layout from, MemorySegment memory, Layout to) {
    copy(value, data, from, memory, to);
  }

  @Override
  public void copyOut(
      Value value, MemorySegment memory, Layout from, MemorySegment data, Layout to) {
    copy(value, memory, from, data, to);
  }

  private void copy(Value value, MemorySegment src, Layout from, MemorySegment dst, Layout to) {
    if (copies == null || !copies.copy(value, src, from, dst, to)) {
      LayoutCopy.copy(value, src, from, dst, to);
    }
  }

  @Override
  public long available() {
    return AvailableMemory.bytes();
  }

  @Override
  public NativeException shortage(String message) {
    return new NativeException("mmap", ENOMEM, "ENOMEM", message);
  }

  @Override
  public void close() {
    scope.close();
  }
}
