package dev.residual.backend.onednn;

import dev.residual.bindings.AvailableMemory;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.engine.program.Memory;
import java.lang.foreign.MemorySegment;

/** Memory of the processor, in a scope that owns what uses it, too. */
final class HostMemory implements Memory {
  private static final int ENOMEM = 12;

  private final NativeScope scope = NativeScope.open();

  /** The scope of handles and small things, which go before the memory. */
  NativeScope scope() {
    return scope;
  }

  @Override
  public MemorySegment slab(String purpose, long bytes) {
    return scope.slab(purpose, bytes);
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
