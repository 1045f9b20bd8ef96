package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * oneDNN's descriptors of values.
 *
 * @param layouts the layout in which the operation that is being lowered finds a value
 */
record Descriptors(Primitives primitives, Function<Value, Layout> layouts) {

  /** The descriptor of a value as the operation that is being lowered finds it. */
  MemorySegment of(Value value) {
    return of(value, layouts.apply(value));
  }

  /** The descriptor of a value in a layout. */
  MemorySegment of(Value value, Layout layout) {
    Shape shape = value.shape();
    int tag =
        switch (shape.rank()) {
          case 0, 1 -> Dnnl.dnnl_a();
          case 2 -> Dnnl.dnnl_ab();
          case 3 -> Dnnl.dnnl_abc();
          case 4 -> layout == Layout.CHANNELS_LAST ? Dnnl.dnnl_acdb() : Dnnl.dnnl_abcd();
          default -> throw new IllegalArgumentException(value + " has more than four extents");
        };
    return primitives.descriptor(type(value.dtype()), tag, dims(shape));
  }

  /** The descriptor of a tensor whose layout the primitive may choose. */
  MemorySegment any(Value value) {
    return any(value, value.dtype());
  }

  /** The descriptor of a tensor of another type, whose layout the primitive may choose. */
  MemorySegment any(Value value, DType dtype) {
    return primitives.descriptor(type(dtype), Dnnl.dnnl_format_tag_any(), dims(value.shape()));
  }

  static int type(DType dtype) {
    return switch (dtype) {
      case F32 -> Dnnl.dnnl_f32();
      case BF16 -> Dnnl.dnnl_bf16();
      case F16 -> Dnnl.dnnl_f16();
      case I32 -> Dnnl.dnnl_s32();
      case S8 -> Dnnl.dnnl_s8();
      case U8 -> Dnnl.dnnl_u8();
      case F64 -> Dnnl.dnnl_f64();
      case I64 -> throw new IllegalArgumentException("oneDNN has no 64-bit integers");
    };
  }

  private static long[] dims(Shape shape) {
    if (shape.rank() == 0) {
      return new long[] {1};
    }
    long[] dims = new long[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i);
    }
    return dims;
  }
}
