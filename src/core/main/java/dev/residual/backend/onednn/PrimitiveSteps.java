package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.dnnl_exec_arg_t;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Makes steps of primitives: their arguments, and the scratchpad that all share. */
final class PrimitiveSteps {
  private final OneDnnLowering lowering;
  private final Primitives primitives;
  private final Buffer scratchpad = new Buffer("scratchpad", 0);
  private final Buffer matrices = new Buffer("matrices", 0);

  PrimitiveSteps(OneDnnLowering lowering) {
    this.lowering = lowering;
    primitives = lowering.primitives();
  }

  /** The buffer of scratch that every step may use while it runs. */
  Buffer scratchpad() {
    return scratchpad;
  }

  /** The buffer of what several steps of one operation hand each other. */
  Buffer matrices() {
    return matrices;
  }

  /** The same, with room for this many bytes. */
  Buffer matrices(long bytes) {
    matrices.require(bytes);
    return matrices;
  }

  /** The scratchpad, with room for this many bytes. */
  Buffer scratchpad(long bytes) {
    scratchpad.require(bytes);
    return scratchpad;
  }

  /** A value as an argument of a primitive. */
  Argument argument(int index, Value value) {
    return new Argument(index, lowering.buffer(value), lowering.descriptors().of(value));
  }

  /** A number that a primitive reads when it runs. */
  Argument constant(int index, double number) {
    Buffer buffer = new Buffer("constant", Float.BYTES);
    buffer.place(primitives.session().allocateFrom(ValueLayout.JAVA_FLOAT, (float) number));
    return new Argument(index, buffer, primitives.descriptor(Dnnl.dnnl_f32(), Dnnl.dnnl_a(), 1));
  }

  /** Adds the execution of a primitive. */
  void execute(PrimitiveDescriptor descriptor, List<Argument> arguments) {
    lowering.step(execution(descriptor, arguments));
  }

  /** A copy from one layout to another. */
  Step reorder(Buffer src, MemorySegment from, Buffer dst, MemorySegment to) {
    return reorder(src, from, dst, to, primitives.attributes(), List.of());
  }

  /** A copy from one layout or type to another, with attributes and the arguments they need. */
  Step reorder(
      Buffer src,
      MemorySegment from,
      Buffer dst,
      MemorySegment to,
      MemorySegment attributes,
      List<Argument> scales) {
    PrimitiveDescriptor descriptor =
        primitives.primitive(
            "dnnl_reorder_primitive_desc_create",
            out ->
                Dnnl.dnnl_reorder_primitive_desc_create(
                    out, from, primitives.engine(), to, primitives.engine(), attributes));
    List<Argument> arguments = new ArrayList<>(scales);
    arguments.add(new Argument(Dnnl.DNNL_ARG_FROM(), src, from));
    arguments.add(new Argument(Dnnl.DNNL_ARG_TO(), dst, to));
    return execution(descriptor, arguments);
  }

  /** The execution of a primitive. */
  Step execution(PrimitiveDescriptor descriptor, List<Argument> arguments) {
    List<Argument> all = new ArrayList<>(arguments);
    MemorySegment temporary = descriptor.scratchpad();
    long bytes = PrimitiveDescriptor.bytes(temporary);
    if (bytes > 0) {
      all.add(new Argument(Dnnl.DNNL_ARG_SCRATCHPAD(), scratchpad(bytes), temporary));
    }
    MemorySegment array = dnnl_exec_arg_t.allocateArray(all.size(), primitives.session());
    Holds holds = new Holds();
    for (int i = 0; i < all.size(); i++) {
      holds.add(all.get(i).buffer());
      MemorySegment entry = dnnl_exec_arg_t.asSlice(array, i);
      dnnl_exec_arg_t.arg(entry, all.get(i).index());
      dnnl_exec_arg_t.memory(
          entry, primitives.memory(all.get(i).buffer(), all.get(i).descriptor()));
    }
    return new PrimitiveStep(
        descriptor.implementation(),
        primitives.primitive(descriptor).address(),
        primitives.stream().address(),
        all.size(),
        array.address(),
        holds);
  }
}
