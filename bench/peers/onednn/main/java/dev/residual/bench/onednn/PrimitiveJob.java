package dev.residual.bench.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import dev.residual.bench.ConvolutionTask;
import dev.residual.bench.Job;
import dev.residual.bench.Pass;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import java.util.function.ToIntFunction;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.ShortPointer;

/** One primitive over memory of noise; what it holds is freed with the process. */
final class PrimitiveJob implements Job {
  private final ConvolutionTask task;
  private final dnnl_engine engine;
  private final dnnl_stream stream;
  private final dnnl_primitive primitive;
  private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(3);

  PrimitiveJob(ConvolutionTask task) {
    this.task = task;
    engine = new dnnl_engine(create(out -> dnnl.dnnl_engine_create(out, dnnl.dnnl_cpu, 0)));
    stream =
        new dnnl_stream(
            create(out -> dnnl.dnnl_stream_create(out, engine, dnnl.dnnl_stream_in_order)));
    int type = task.dtype() == DType.BF16 ? dnnl.dnnl_bf16 : dnnl.dnnl_f32;
    boolean gradient = task.pass() == Pass.BACKWARD_WEIGHTS;
    dnnl_memory_desc src = images(task.shape().src(task.batch()), type);
    dnnl_memory_desc dst = images(task.shape().dst(task.batch()), type);
    int weightsType = gradient ? dnnl.dnnl_f32 : type;
    dnnl_memory_desc weights =
        descriptor(task.shape().weights(), weightsType, dnnl.dnnl_format_tag_any);
    dnnl_memory_desc forwardWeights =
        descriptor(task.shape().weights(), type, dnnl.dnnl_format_tag_any);
    dnnl_primitive_desc descriptor = descriptor(src, forwardWeights, weights, dst);
    primitive = new dnnl_primitive(create(out -> dnnl.dnnl_primitive_create(out, descriptor)));
    int query = gradient ? dnnl.dnnl_query_diff_weights_md : dnnl.dnnl_query_weights_md;
    dnnl_memory_desc packed = dnnl.dnnl_primitive_desc_query_md(descriptor, query, 0);
    boolean forward = task.pass() == Pass.FORWARD;
    argument(0, task.pass() == Pass.BACKWARD_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, src, type);
    argument(1, gradient ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, packed, weightsType);
    argument(2, forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, dst, type);
  }

  private dnnl_primitive_desc descriptor(
      dnnl_memory_desc src,
      dnnl_memory_desc forwardWeights,
      dnnl_memory_desc weights,
      dnnl_memory_desc dst) {
    long[] stride = {task.shape().stride(), task.shape().stride()};
    long[] pad = {task.shape().pad(), task.shape().pad()};
    long[] dilation = {0, 0};
    int kind =
        task.pass() == Pass.FORWARD ? dnnl.dnnl_forward_inference : dnnl.dnnl_forward_training;
    dnnl_primitive_desc forward =
        new dnnl_primitive_desc(
            create(
                out ->
                    dnnl.dnnl_convolution_forward_primitive_desc_create(
                        out,
                        engine,
                        kind,
                        dnnl.dnnl_convolution_direct,
                        src,
                        forwardWeights,
                        null,
                        dst,
                        stride,
                        dilation,
                        pad,
                        pad,
                        null)));
    return switch (task.pass()) {
      case FORWARD -> forward;
      case BACKWARD_DATA ->
          new dnnl_primitive_desc(
              create(
                  out ->
                      dnnl.dnnl_convolution_backward_data_primitive_desc_create(
                          out,
                          engine,
                          dnnl.dnnl_convolution_direct,
                          src,
                          weights,
                          dst,
                          stride,
                          dilation,
                          pad,
                          pad,
                          forward,
                          null)));
      case BACKWARD_WEIGHTS ->
          new dnnl_primitive_desc(
              create(
                  out ->
                      dnnl.dnnl_convolution_backward_weights_primitive_desc_create(
                          out,
                          engine,
                          dnnl.dnnl_convolution_direct,
                          src,
                          weights,
                          null,
                          dst,
                          stride,
                          dilation,
                          pad,
                          pad,
                          forward,
                          null)));
    };
  }

  private static dnnl_memory_desc images(Shape shape, int type) {
    return descriptor(shape, type, dnnl.dnnl_acdb);
  }

  private static dnnl_memory_desc descriptor(Shape shape, int type, int tag) {
    long[] dims = Arrays.stream(shape.dims()).asLongStream().toArray();
    return new dnnl_memory_desc(
        create(out -> dnnl.dnnl_memory_desc_create_with_tag(out, dims.length, dims, type, tag)));
  }

  private void argument(int index, int name, dnnl_memory_desc descriptor, int type) {
    Pointer data = noise(dnnl.dnnl_memory_desc_get_size(descriptor), type);
    dnnl_memory memory =
        new dnnl_memory(create(out -> dnnl.dnnl_memory_create(out, descriptor, engine, data)));
    arguments.position(index).arg(name).memory(memory);
  }

  private static Pointer noise(long bytes, int type) {
    if (type == dnnl.dnnl_bf16) {
      ShortPointer data = new ShortPointer(bytes / 2);
      for (long i = 0; i < bytes / 2; i++) {
        data.put(i, (short) (Float.floatToRawIntBits((i % 251 - 125) / 100f) >>> 16));
      }
      return data;
    }
    FloatPointer data = new FloatPointer(bytes / 4);
    for (long i = 0; i < bytes / 4; i++) {
      data.put(i, (i % 251 - 125) / 100f);
    }
    return data;
  }

  private static Pointer create(ToIntFunction<PointerPointer<?>> creation) {
    PointerPointer<Pointer> out = new PointerPointer<>(1);
    check(creation.applyAsInt(out));
    return out.get(Pointer.class, 0);
  }

  private static void check(int status) {
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException("oneDNN's status is " + status);
    }
  }

  @Override
  public void run() {
    check(dnnl.dnnl_primitive_execute(primitive, stream, 3, arguments.position(0)));
  }

  @Override
  public void close() {
    // Nothing to do: see above.
  }
}
