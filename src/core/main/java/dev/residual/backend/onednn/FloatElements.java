package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.residual.tensor.Bfloat16;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Access to floating elements of either type, for loops in Java. */
enum FloatElements {
  F32 {
    @Override
    float get(MemorySegment memory, long index) {
      return memory.getAtIndex(JAVA_FLOAT, index);
    }

    @Override
    void set(MemorySegment memory, long index, float value) {
      memory.setAtIndex(JAVA_FLOAT, index, value);
    }
  },
  BF16 {
    @Override
    float get(MemorySegment memory, long index) {
      return Bfloat16.toFloat(memory.getAtIndex(JAVA_SHORT, index));
    }

    @Override
    void set(MemorySegment memory, long index, float value) {
      memory.setAtIndex(JAVA_SHORT, index, Bfloat16.toBits(value));
    }
  };

  static FloatElements of(DType dtype) {
    return dtype == DType.BF16 ? BF16 : F32;
  }

  abstract float get(MemorySegment memory, long index);

  abstract void set(MemorySegment memory, long index, float value);
}
