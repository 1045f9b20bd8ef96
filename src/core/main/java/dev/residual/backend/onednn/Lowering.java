package dev.residual.backend.onednn;

import static java.util.Objects.requireNonNull;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.dnnl_exec_arg_t;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.engine.Work;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The translation of a graph into steps and the buffers they use, before these have addresses.
 *
 * <p>Weights are packed into the layout that a primitive prefers: once, if nothing changes them, or
 * before each use. Packed weights that live for one primitive only, and weight gradients before
 * they are unpacked, share one buffer.
 */
final class Lowering {
  private final Primitives primitives;
  private final KernelSettings settings;
  private final Layouts layouts;
  private final Set<Value> updated;
  private final Map<Value, Value> sums;
  private final WeightCasts weightCasts;
  private final Map<Value, Buffer> buffers = new LinkedHashMap<>();
  private final List<Buffer> constants = new ArrayList<>();
  private final Buffer scratchpad = new Buffer("scratchpad", 0);
  private final Buffer chunk = new Buffer("chunk", 0);
  private final Map<Value, Argument> packedConstants = new HashMap<>();
  private final Map<String, Buffer> transformedConstants = new HashMap<>();
  private final Buffer packing = new Buffer("packing", 0);
  private final Map<Value, Buffer> copies = new LinkedHashMap<>();
  private Map<Value, Layout> copied = Map.of();
  private final NormSums normSums;
  private final Set<Labels> labels = new HashSet<>();
  private final List<Step> preparation = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<Work> works = new ArrayList<>();
  private @Nullable Op lowered;
  private @Nullable Work work;

  Lowering(Graph graph, NativeScope session, NativeScope compilation, KernelSettings settings) {
    this.settings = settings;
    primitives = new Primitives(session, compilation);
    layouts = new Layouts(graph);
    updated = graph.updated();
    sums = InPlaceSums.of(graph, layouts);
    weightCasts = new WeightCasts(graph);
    normSums = new NormSums(graph);
    Chunks chunks = Chunks.of(graph, settings.cache());
    sums.keySet().removeIf(chunks::computes);
    for (Value value : graph.values()) {
      boolean isEmpty = weightCasts.isOmitted(value) || chunks.isInner(value);
      buffers.put(value, new Buffer(value.name(), isEmpty ? 0 : value.bytes()));
    }
    List<Op> before = graph.ops().subList(0, chunks.end());
    before.stream().filter(op -> !chunks.contains(op)).forEach(this::lower);
    lower(chunks);
    graph.ops().subList(chunks.end(), graph.ops().size()).forEach(this::lower);
  }

  /** Lowers the same operations for each chunk: inner values share memory, others follow along. */
  private void lower(Chunks chunks) {
    if (chunks.count() == 0) {
      return;
    }
    Graph graph = chunks.graph();
    Map<Value, Value> borders = chunks.borders();
    Map<Value, Value> own = InPlaceSums.of(graph, layouts);
    sums.putAll(own);
    MemoryPlan plan =
        MemoryPlan.of(
            graph,
            value -> borders.containsValue(value) ? 0 : value.bytes(),
            op -> OpLowering.inPlace(this, op));
    InPlaceSums.require(plan, own);
    chunk.require(plan.bytes());
    plan.offsets()
        .forEach(
            (value, offset) -> {
              if (!borders.containsValue(value)) {
                buffers.put(value, chunk.slice(offset, value.bytes()));
              }
            });
    for (int i = 0; i < chunks.count(); i++) {
      for (Map.Entry<Value, Value> border : borders.entrySet()) {
        long bytes = border.getValue().bytes();
        buffers.put(border.getValue(), buffer(border.getKey()).slice(i * bytes, bytes));
      }
      graph.ops().forEach(this::lower);
    }
  }

  Layouts layouts() {
    return layouts;
  }

  Map<Value, Buffer> buffers() {
    return buffers;
  }

  /** What convolutions sum for the batch norms that follow them. */
  NormSums normSums() {
    return normSums;
  }

  /** The results of convolutions that lie where the tensor lay which was added to them. */
  Map<Value, Value> inPlaceSums() {
    return sums;
  }

  /** What a convolution adds to its result and does to it. */
  PostOps postOps(Value dst, @Nullable Value add, double addScale, boolean isRectified) {
    PostOps.Rectifier relu =
        !isRectified
            ? PostOps.Rectifier.NONE
            : dst.dtype().isFloating() ? PostOps.Rectifier.FLOATS : PostOps.Rectifier.INTEGERS;
    if (add == null) {
      return new PostOps(null, null, relu);
    }
    return sums.containsKey(dst)
        ? new PostOps(new PostOps.Sum(addScale, type(add.dtype())), null, relu)
        : new PostOps(null, new PostOps.Addend(descriptor(add), addScale), relu);
  }

  /** Weights packed once; they live as long as the parameters. */
  List<Buffer> constants() {
    return constants;
  }

  /** Buffers that every primitive may use while it runs. */
  List<Buffer> workspaces() {
    List<Buffer> workspaces = new ArrayList<>(copies.values());
    workspaces.addAll(List.of(scratchpad, packing, chunk, normSums.buffer()));
    return workspaces;
  }

  /** The steps to run after parameters have been written. */
  List<Step> preparation() {
    return preparation;
  }

  /** The steps of a run. */
  List<Step> steps() {
    return steps;
  }

  /** What each step of a run belongs to. */
  List<Work> works() {
    return works;
  }

  KernelSettings settings() {
    return settings;
  }

  /** The buffer of scratch that every step may use while it runs, with room for this many bytes. */
  Buffer scratchpad(long bytes) {
    scratchpad.require(bytes);
    return scratchpad;
  }

  Primitives primitives() {
    return primitives;
  }

  /** Where a value lies, or its copy for the operation that is being lowered. */
  Buffer buffer(Value value) {
    Buffer buffer = copied.containsKey(value) ? copies.get(value) : buffers.get(value);
    if (buffer == null) {
      throw new IllegalArgumentException(value + " is not in the graph");
    }
    return buffer;
  }

  private void lower(Op op) {
    OneDnnBackend.unsupported(op, settings.kernels())
        .ifPresent(
            reason -> {
              throw new UnsupportedOpException(OneDnnBackend.NAME, op, reason);
            });
    lowered = op;
    work = null;
    Map<Value, Layout> others = layouts.others(op);
    others.forEach(this::copy);
    copied = others;
    try {
      OpLowering.lower(this, op);
    } catch (NativeException e) {
      if (e.status() != Dnnl.dnnl_unimplemented()) {
        throw e;
      }
      throw new UnsupportedOpException(OneDnnBackend.NAME, op, e);
    }
    copied = Map.of();
  }

  private void copy(Value value, Layout layout) {
    Buffer copy = copies.computeIfAbsent(value, v -> new Buffer(v.name() + " (copy)", v.bytes()));
    pack(value, buffer(value), descriptor(value), copy, descriptor(value, layout));
  }

  /** The layout in which the operation that is being lowered finds a value. */
  Layout layout(Value value) {
    return copied.getOrDefault(value, layouts.of(value));
  }

  /** The descriptor of a value as the operation that is being lowered finds it. */
  MemorySegment descriptor(Value value) {
    return descriptor(value, layout(value));
  }

  /** The descriptor of a value in a layout. */
  MemorySegment descriptor(Value value, Layout layout) {
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

  /** Whether the cast that computes a value is left out. */
  boolean isOmitted(Value value) {
    return weightCasts.isOmitted(value);
  }

  /** What holds the weights that a primitive is given: the parameter, if a cast was left out. */
  Value source(Value weights) {
    return weightCasts.source(weights);
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

  Argument argument(int index, Value value) {
    return new Argument(index, buffer(value), descriptor(value));
  }

  /** A number that a primitive reads when it runs. */
  Argument constant(int index, double number) {
    Buffer buffer = new Buffer("constant", Float.BYTES);
    buffer.place(primitives.session().allocateFrom(ValueLayout.JAVA_FLOAT, (float) number));
    return new Argument(index, buffer, primitives.descriptor(Dnnl.dnnl_f32(), Dnnl.dnnl_a(), 1));
  }

  /** A buffer whose contents last until the next step but one. */
  Buffer temporary(long bytes) {
    packing.require(bytes);
    return packing;
  }

  /** Gives memory to a value that the graph lacks, for the operation that is being lowered. */
  void add(Value value) {
    Buffer buffer = new Buffer(value.name(), value.bytes());
    copies.put(value, buffer);
    buffers.put(value, buffer);
  }

  /** Adds a step of the operation that is being lowered; its first gives the implementation. */
  void step(Step step) {
    if (work == null) {
      Op op = requireNonNull(lowered);
      work = Work.of(op, step.implementation(op));
    }
    steps.add(step);
    works.add(work);
  }

  /** Adds a step that reads labels, after a check of them if it is the first to read these. */
  void step(Labels read, Step step) {
    step(labels.add(read) ? new LabelCheck(this, read, step) : step);
  }

  /** Adds the execution of a primitive. */
  void execute(PrimitiveDescriptor descriptor, List<Argument> arguments) {
    step(execution(descriptor, arguments));
  }

  /** Adds a copy of weights, or of their gradient, to another layout. */
  private void pack(Value weights, Buffer src, MemorySegment from, Buffer dst, MemorySegment to) {
    Cost cost = new Cost(0, PrimitiveDescriptor.bytes(from), PrimitiveDescriptor.bytes(to));
    pack(weights, reorder(src, from, dst, to), cost);
  }

  private void pack(Value weights, Step step, Cost cost) {
    Op op = requireNonNull(lowered);
    steps.add(step);
    works.add(Work.packing(op, weights, step.implementation(op), cost));
  }

  /** Adds the weights of a primitive, packed as it wants them. */
  Argument weights(PrimitiveDescriptor descriptor, Value weights, MemorySegment plain) {
    MemorySegment wanted = descriptor.weights();
    if (PrimitiveDescriptor.same(plain, wanted)) {
      return new Argument(Dnnl.DNNL_ARG_WEIGHTS(), buffer(weights), plain);
    }
    boolean constant = isConstant(weights);
    Argument known = constant ? packedConstants.get(weights) : null;
    if (known != null && PrimitiveDescriptor.same(known.descriptor(), wanted)) {
      return known;
    }
    Buffer packed = constant ? new Buffer(weights.name() + " (packed)", 0) : packing;
    packed.require(PrimitiveDescriptor.bytes(wanted));
    if (constant) {
      constants.add(packed);
      preparation.add(reorder(buffer(weights), plain, packed, wanted));
    } else {
      pack(weights, buffer(weights), plain, packed, wanted);
    }
    Argument argument = new Argument(Dnnl.DNNL_ARG_WEIGHTS(), packed, wanted);
    if (constant) {
      packedConstants.put(weights, argument);
    }
    return argument;
  }

  /**
   * Weights as a kernel of our own wants them.
   *
   * @param form what they are transformed to; of each parameter and form there is one copy
   * @param transformation makes the step that writes them to a buffer
   */
  Buffer weights(Value weights, String form, long bytes, Function<Buffer, Step> transformation) {
    boolean constant = isConstant(weights);
    String name = weights.name() + " (" + form + ")";
    Buffer known = transformedConstants.get(name);
    if (known != null) {
      return known;
    }
    Buffer transformed = constant ? new Buffer(name, bytes) : temporary(bytes);
    Step step = transformation.apply(transformed);
    if (constant) {
      constants.add(transformed);
      preparation.add(step);
      transformedConstants.put(name, transformed);
    } else {
      pack(weights, step, new Cost(0, weights.bytes(), bytes));
    }
    return transformed;
  }

  /** Whether weights are packed once for all runs, and not before each use. */
  boolean isConstant(Value weights) {
    return weights.role() == Role.PARAMETER && !updated.contains(weights) && !settings.repacks();
  }

  /** Executes a primitive that computes weight gradients, and unpacks them. */
  void executeForWeights(
      PrimitiveDescriptor descriptor,
      List<Argument> arguments,
      Value diffWeights,
      MemorySegment plain) {
    MemorySegment chosen = descriptor.diffWeights();
    boolean same = PrimitiveDescriptor.same(plain, chosen);
    Buffer dst = same ? buffer(diffWeights) : packing;
    if (!same) {
      packing.require(PrimitiveDescriptor.bytes(chosen));
    }
    List<Argument> all = new ArrayList<>(arguments);
    all.add(new Argument(Dnnl.DNNL_ARG_DIFF_WEIGHTS(), dst, chosen));
    execute(descriptor, all);
    if (!same) {
      pack(diffWeights, packing, chosen, buffer(diffWeights), plain);
    }
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

  private Step execution(PrimitiveDescriptor descriptor, List<Argument> arguments) {
    List<Argument> all = new ArrayList<>(arguments);
    MemorySegment temporary = descriptor.scratchpad();
    long bytes = PrimitiveDescriptor.bytes(temporary);
    if (bytes > 0) {
      scratchpad.require(bytes);
      all.add(new Argument(Dnnl.DNNL_ARG_SCRATCHPAD(), scratchpad, temporary));
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
