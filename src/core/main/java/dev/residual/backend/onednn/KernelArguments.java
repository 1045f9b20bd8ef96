package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The argument structure of a kernel, whose pointers follow the buffers of values. */
final class KernelArguments {
  private final OneDnnLowering lowering;
  private final MemorySegment structure;
  private final Holds holds = new Holds();

  KernelArguments(OneDnnLowering lowering, MemorySegment structure) {
    this.lowering = lowering;
    this.structure = structure;
  }

  /** What a field {@code dtype} says of images of this type. */
  static int dtype(Value value) {
    return switch (value.dtype()) {
      case F32 -> Residual.RESIDUAL_F32();
      case BF16 -> Residual.RESIDUAL_BF16();
      default -> throw new IllegalArgumentException(value + " is neither F32 nor BF16");
    };
  }

  /** Whether a window is small enough for kernels, which count its elements in 32 bits. */
  static boolean take(Window window) {
    return window.largest() <= Residual.RESIDUAL_MOST_OF_WINDOW();
  }

  /** Points a field at a value; an absent value leaves it null. */
  KernelArguments point(long offset, @Nullable Value value) {
    return value == null ? this : point(offset, lowering.buffer(value));
  }

  /** Points a field at a buffer. */
  KernelArguments point(long offset, Buffer buffer) {
    MemorySegment field = structure.asSlice(offset, ValueLayout.ADDRESS);
    buffer.follow(memory -> field.set(ValueLayout.ADDRESS, 0, memory));
    holds.add(buffer);
    return this;
  }

  /** Points a field at scratch. */
  KernelArguments scratch(long offset, long bytes) {
    return point(offset, lowering.steps().scratchpad(bytes));
  }

  /** The step that runs the kernel. */
  Step step(int kernel) {
    return new KernelStep(kernel, structure.address(), holds, null);
  }

  /** The step that runs one of the kernels for an operation. */
  Step step(int kernel, String name) {
    return new KernelStep(kernel, structure.address(), holds, name);
  }

  /** Adds the step that runs the kernel. */
  void run(int kernel) {
    lowering.step(step(kernel));
  }
}
