package dev.residual.bench;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.bindings.onednn.OpenMp;
import dev.residual.bindings.onednn.PrimitiveExecute;
import dev.residual.bindings.onednn.dnnl_exec_arg_t;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.ToIntFunction;

/** A ReLU by hand, through the bindings alone. */
final class ReluPrimitive implements AutoCloseable {
  private final NativeScope scope = NativeScope.open();
  private final long primitive;
  private final long stream;
  private final long arguments;

  ReluPrimitive(Shape shape, int threads) {
    OneDnn.library();
    OpenMp.setThreads(threads);
    MemorySegment engine =
        create(
            "dnnl_engine_create",
            out -> Dnnl.dnnl_engine_create(out, Dnnl.dnnl_cpu(), 0),
            Dnnl::dnnl_engine_destroy);
    MemorySegment dims =
        scope.allocateFrom(
            ValueLayout.JAVA_LONG, shape.dim(0), shape.dim(1), shape.dim(2), shape.dim(3));
    MemorySegment descriptor =
        create(
            "dnnl_memory_desc_create_with_tag",
            out ->
                Dnnl.dnnl_memory_desc_create_with_tag(
                    out, 4, dims, Dnnl.dnnl_f32(), Dnnl.dnnl_acdb()),
            Dnnl::dnnl_memory_desc_destroy);
    MemorySegment relu =
        create(
            "dnnl_eltwise_forward_primitive_desc_create",
            out ->
                Dnnl.dnnl_eltwise_forward_primitive_desc_create(
                    out,
                    engine,
                    Dnnl.dnnl_forward_training(),
                    Dnnl.dnnl_eltwise_relu_use_dst_for_bwd(),
                    descriptor,
                    descriptor,
                    0,
                    0,
                    MemorySegment.NULL),
            Dnnl::dnnl_primitive_desc_destroy);
    primitive =
        create(
                "dnnl_primitive_create",
                out -> Dnnl.dnnl_primitive_create(out, relu),
                Dnnl::dnnl_primitive_destroy)
            .address();
    stream =
        create(
                "dnnl_stream_create",
                out -> Dnnl.dnnl_stream_create(out, engine, Dnnl.dnnl_stream_in_order()),
                Dnnl::dnnl_stream_destroy)
            .address();
    MemorySegment array = dnnl_exec_arg_t.allocateArray(2, scope);
    argument(array, 0, Dnnl.DNNL_ARG_SRC(), memory(engine, descriptor, shape));
    argument(array, 1, Dnnl.DNNL_ARG_DST(), memory(engine, descriptor, shape));
    arguments = array.address();
  }

  void execute() {
    OneDnn.check(
        "dnnl_primitive_execute", PrimitiveExecute.execute(primitive, stream, 2, arguments));
  }

  private MemorySegment memory(MemorySegment engine, MemorySegment descriptor, Shape shape) {
    MemorySegment data = scope.allocate(shape.elements() * 4, NativeScope.ALIGNMENT);
    return create(
        "dnnl_memory_create",
        out -> Dnnl.dnnl_memory_create(out, descriptor, engine, data),
        Dnnl::dnnl_memory_destroy);
  }

  private static void argument(MemorySegment array, int index, int name, MemorySegment memory) {
    MemorySegment entry = dnnl_exec_arg_t.asSlice(array, index);
    dnnl_exec_arg_t.arg(entry, name);
    dnnl_exec_arg_t.memory(entry, memory);
  }

  private MemorySegment create(
      String function,
      ToIntFunction<MemorySegment> creation,
      ToIntFunction<MemorySegment> destruction) {
    return OneDnn.create(scope, function, creation, destruction);
  }

  @Override
  public void close() {
    scope.close();
  }
}
