package dev.residual.backend.onednn;

import static java.util.Objects.requireNonNull;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.MemoryPlan.InPlace;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Labels;
import dev.residual.engine.program.Lowering;
import dev.residual.engine.program.Program;
import dev.residual.engine.program.Step;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The translation of a graph into executions of oneDNN's primitives and of Residual's own kernels.
 */
final class OneDnnLowering implements Lowering {
  private final NativeScope compilation;
  private final KernelSettings settings;
  private final Layouts layouts;
  private final Map<Value, Value> sums;
  private final NormSums normSums;
  private final Chunks chunks;
  private final Primitives primitives;
  private final Descriptors descriptors;
  private final PrimitiveSteps steps;
  private final PackedWeights weights;
  private final Set<Labels> checked = new HashSet<>();
  private final Buffer chunk = new Buffer("chunk", 0);
  private final Map<Value, Buffer> copies = new HashMap<>();
  private Map<Value, Layout> copied = Map.of();
  private @Nullable Program program;

  private OneDnnLowering(
      Graph graph, NativeScope session, KernelSettings settings, NativeScope compilation) {
    this.compilation = compilation;
    this.settings = settings;
    layouts = new Layouts(graph);
    normSums = new NormSums(graph);
    sums = InPlaceSums.of(graph, layouts);
    chunks = Chunks.of(graph, settings.cache());
    sums.keySet().removeIf(chunks::computes);
    primitives = new Primitives(session, compilation);
    descriptors = new Descriptors(primitives, this::layout);
    steps = new PrimitiveSteps(this);
    weights = new PackedWeights(this, graph);
  }

  /**
   * The lowering of a graph.
   *
   * @param session owns what steps use
   */
  static OneDnnLowering open(Graph graph, NativeScope session, KernelSettings settings) {
    return NativeScope.construct(
        compilation -> new OneDnnLowering(graph, session, settings, compilation));
  }

  @Override
  public void lower(Graph graph, Program target) {
    program = target;
    List.of(steps.scratchpad(), steps.matrices(), weights.packing(), chunk, normSums.buffer())
        .forEach(target::workspace);
    List<Op> before = graph.ops().subList(0, chunks.end());
    before.stream().filter(op -> !chunks.contains(op)).forEach(target::lower);
    if (chunks.count() > 0) {
      lower(chunks, target);
    }
    graph.ops().subList(chunks.end(), graph.ops().size()).forEach(target::lower);
  }

  /** Lowers the same operations for each chunk: inner values share memory, others follow along. */
  private void lower(Chunks chunks, Program target) {
    Graph graph = chunks.graph();
    Map<Value, Value> borders = chunks.borders();
    Map<Value, Value> own = InPlaceSums.of(graph, layouts);
    sums.putAll(own);
    MemoryPlan plan =
        MemoryPlan.of(
            graph, value -> borders.containsValue(value) ? 0 : value.bytes(), this::inPlace);
    InPlaceSums.require(plan, own);
    chunk.require(plan.bytes());
    plan.offsets()
        .forEach(
            (value, offset) -> {
              if (!borders.containsValue(value)) {
                target.put(value, chunk.slice(offset, value.bytes()));
              }
            });
    for (int i = 0; i < chunks.count(); i++) {
      for (Map.Entry<Value, Value> border : borders.entrySet()) {
        long bytes = border.getValue().bytes();
        Buffer whole = target.buffer(border.getKey());
        target.put(border.getValue(), whole.slice(i * bytes, bytes));
      }
      graph.ops().forEach(target::lower);
    }
  }

  @Override
  public void lower(Op op, Program target) {
    OneDnnBackend.unsupported(op, settings.kernels())
        .ifPresent(
            reason -> {
              throw new UnsupportedOpException(OneDnnBackend.NAME, op, reason);
            });
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

  /** Adds a copy in another layout, for the operation that is lowered next. */
  private void copy(Value value, Layout layout) {
    Buffer copy = copies.get(value);
    if (copy == null) {
      copy = new Buffer(value.name() + " (copy)", value.bytes());
      copies.put(value, copy);
      program().workspace(copy);
    }
    weights.pack(value, buffer(value), descriptors.of(value), copy, descriptors.of(value, layout));
  }

  @Override
  public long bytes(Value value) {
    return weights.isOmitted(value) || chunks.isInner(value) ? 0 : value.bytes();
  }

  /** The layout in which the operation that is being lowered finds a value. */
  @Override
  public Layout layout(Value value) {
    return copied.getOrDefault(value, layouts.of(value));
  }

  @Override
  public List<InPlace> inPlace(Op op) {
    return OpLowering.inPlace(this, op);
  }

  @Override
  public void check(MemoryPlan plan) {
    InPlaceSums.require(plan, sums);
  }

  @Override
  public void close() {
    compilation.close();
  }

  /** Where a value lies, or its copy for the operation that is being lowered. */
  Buffer buffer(Value value) {
    return copied.containsKey(value) ? requireNonNull(copies.get(value)) : program().buffer(value);
  }

  /** Gives memory to a value that the graph lacks, for the operation that is being lowered. */
  void add(Value value) {
    Buffer buffer = new Buffer(value.name(), value.bytes());
    program().workspace(buffer);
    program().put(value, buffer);
  }

  /** Adds a step of the operation that is being lowered. */
  void step(Step step) {
    program().step(step);
  }

  /** Adds a step that reads labels; the first that reads these has them checked. */
  void labelled(Op op, Step step) {
    Labels read = requireNonNull(Labels.of(op));
    boolean isFirst = checked.add(read);
    if (isFirst && read.areGiven()) {
      program().check(new LabelCheck(this, read, null));
    }
    step(isFirst && !read.areGiven() ? new LabelCheck(this, read, step) : step);
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
        ? new PostOps(new PostOps.Sum(addScale, Descriptors.type(add.dtype())), null, relu)
        : new PostOps(null, new PostOps.Addend(descriptors.of(add), addScale), relu);
  }

  /** The results of convolutions that lie where the tensor lay which was added to them. */
  Map<Value, Value> inPlaceSums() {
    return sums;
  }

  /** What convolutions sum for the batch norms that follow them. */
  NormSums normSums() {
    return normSums;
  }

  Layouts layouts() {
    return layouts;
  }

  KernelSettings settings() {
    return settings;
  }

  Primitives primitives() {
    return primitives;
  }

  Descriptors descriptors() {
    return descriptors;
  }

  PrimitiveSteps steps() {
    return steps;
  }

  PackedWeights weights() {
    return weights;
  }

  Program program() {
    return requireNonNull(program);
  }
}
