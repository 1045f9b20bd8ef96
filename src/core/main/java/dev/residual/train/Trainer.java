package dev.residual.train;

import dev.residual.engine.Backend;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * A network in training: a session of a {@link TrainingGraph}, and what is read after each step.
 *
 * <p>{@link #step} allocates nothing. It serves one thread at a time.
 */
public final class Trainer implements AutoCloseable {
  /** How far the random states of processes are apart: more than there are steps. */
  private static final long PROCESSES_APART = 0x5851_F42D_4C95_7F2DL;

  private final TrainingGraph graph;
  private final Session session;
  private final Communicator communicator;
  private final List<Value> states;
  private final List<Value> statistics;
  private final Map<String, Tensor> firstScale;
  private final Ranking ranking;
  private final float[] rate = new float[1];
  private final MemorySegment rateMemory = MemorySegment.ofArray(rate);

  /**
   * Compiles a step, with the fused forms that the backend supports.
   *
   * @param weights to begin with; velocities and random states begin with zeros, the scale of the
   *     loss, if there is one, with {@value LossScaleUpdate#INITIAL}
   * @throws IllegalArgumentException if images are not {@link DType#F32}, or these are not the
   *     weights of this network
   */
  public Trainer(Backend backend, CompileOptions options, TrainingGraph graph, Weights weights) {
    if (graph.images().dtype() != DType.F32) {
      throw new IllegalArgumentException(graph.images() + ": a trainer takes images of F32");
    }
    this.graph = graph.fused(backend::supports);
    this.communicator = options.communicator();
    this.ranking = new Ranking(graph.counts());
    this.states = new ArrayList<>(this.graph.graph().values(Role.STATE));
    this.states.removeAll(Weights.values(this.graph.graph()));
    this.statistics = statistics(this.graph);
    this.firstScale = firstScale(this.graph.graph());
    weights.check(this.graph.graph());
    this.session = backend.compile(this.graph.graph(), options);
    try {
      weights.writeTo(session);
      this.graph
          .copies()
          .forEach(
              (state, weight) ->
                  session.write(state, weights.get(weight.name()).to(state.dtype())));
      firstScale.forEach((name, tensor) -> session.write(session.graph().value(name), tensor));
    } catch (Throwable e) {
      session.close();
      throw e;
    }
  }

  /** Running statistics, and averages of them. */
  private static List<Value> statistics(TrainingGraph step) {
    Predicate<Value> isState = value -> value.role() == Role.STATE;
    List<Value> found =
        new ArrayList<>(Weights.values(step.graph()).stream().filter(isState).toList());
    step.copies()
        .forEach((copy, weight) -> found.addAll(isState.test(weight) ? List.of(copy) : List.of()));
    return found;
  }

  /** What the states of the scale of a loss begin with. */
  private static Map<String, Tensor> firstScale(Graph graph) {
    Map<String, Tensor> first = new LinkedHashMap<>();
    for (Op op : graph.ops()) {
      if (op instanceof LossScaleUpdate update) {
        Tensor scale = Tensor.of(Shape.SCALAR, (float) LossScaleUpdate.INITIAL);
        first.put(update.scale().name(), scale.to(update.scale().dtype()));
        first.put(update.goodSteps().name(), Tensor.of(Shape.SCALAR, 0));
      }
    }
    return first;
  }

  /** The processes that train the network together. */
  public Communicator communicator() {
    return communicator;
  }

  /** The step that was compiled. */
  public TrainingGraph graph() {
    return graph;
  }

  /**
   * Trains on one batch, or on this process's part of one.
   *
   * @return the mean loss of its images before the update
   * @throws IllegalArgumentException if the batch is not full, or has targets
   * @throws IllegalStateException if a label is no class; weights and states are then as before
   */
  public double step(Batch batch, double learningRate) {
    if (batch.count() != graph.batch()) {
      throw new IllegalArgumentException(
          "a batch of %d images for a step of %d: training takes full batches"
              .formatted(batch.count(), graph.batch()));
    }
    Value targets = graph.targets();
    if ((targets == null) != (batch.targets() == null)) {
      throw new IllegalArgumentException(
          targets == null
              ? "the batch has targets, but the loss takes labels alone"
              : "the batch has labels alone, but the loss takes targets");
    }
    session.write(graph.images(), batch.images(), batch.layout());
    session.write(graph.labels(), batch.labels(), Layout.ROW_MAJOR);
    if (targets != null) {
      session.write(targets, batch.targets(), Layout.ROW_MAJOR);
    }
    set(graph.learningRate(), learningRate);
    session.run();
    double loss = session.readScalar(graph.loss());
    ranking.read(session);
    return loss;
  }

  /**
   * Gives a number to this step and the following ones, as the learning rate of a group of
   * parameters.
   *
   * @param control a scalar input of the step
   * @throws IllegalArgumentException if the step has no such input
   */
  public void set(Value control, double number) {
    rate[0] = (float) number;
    session.write(control, rateMemory, Layout.ROW_MAJOR);
  }

  /** How many images of the last step had their class ranked first, before the update. */
  public int top1() {
    return ranking.top1();
  }

  /** How many images of the last step had their class among the first five, before the update. */
  public int top5() {
    return ranking.top5();
  }

  /** Copies the weights out. */
  public Weights weights() {
    return Weights.readFrom(session);
  }

  /** Copies out the weights to be used: their averages, where the step keeps these. */
  public Weights trained() {
    List<Value> averages =
        states.stream().filter(value -> value.name().startsWith(Averaging.PREFIX)).toList();
    return Averaging.trained(weights(), Weights.readFrom(session, averages));
  }

  /**
   * Replaces the weights; velocities stay.
   *
   * @throws IllegalArgumentException if they are not the weights of this network
   */
  public void write(Weights weights) {
    weights.writeTo(session);
  }

  /**
   * Seeds the random states, as dropout's.
   *
   * @param seed any number
   */
  public void seed(long seed) {
    for (Value value : states) {
      if (value.dtype() == DType.I64) {
        // Steps count up: neighbouring seeds must begin far from each other.
        long begin = new SplittableRandom(seed).nextLong() + value.name().hashCode();
        session.write(value, MemorySegment.ofArray(new long[] {begin}), Layout.ROW_MAJOR);
        shift(value, communicator.rank());
      }
    }
  }

  /** Moves a random state to where another process is, far away. */
  private void shift(Value random, int processes) {
    long[] state = new long[1];
    MemorySegment memory = MemorySegment.ofArray(state);
    session.read(random, memory, Layout.ROW_MAJOR);
    state[0] += processes * PROCESSES_APART;
    session.write(random, memory, Layout.ROW_MAJOR);
  }

  private void shiftAll(int processes) {
    if (processes != 0) {
      states.stream().filter(v -> v.dtype() == DType.I64).forEach(v -> shift(v, processes));
    }
  }

  /**
   * Copies out what steps change beside the weights: velocities, random states, a loss scale. Of
   * several processes all have the same; each adds what is its own when it {@linkplain #restore
   * goes on}.
   */
  public Weights states() {
    shiftAll(-communicator.rank());
    Weights read = Weights.readFrom(session, states);
    shiftAll(communicator.rank());
    return read;
  }

  /** Replaces running statistics, which are those of each process's images, by process 0's. */
  void shareStatistics() {
    long bytes = statistics.stream().mapToLong(Value::bytes).sum();
    if (communicator.size() == 1 || bytes == 0) {
      return;
    }
    // Another thread may move the bytes.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment all = arena.allocate(bytes, Long.BYTES);
      eachStatistic(all, (value, part) -> session.read(value, part, Layout.ROW_MAJOR));
      communicator.broadcast(bytes).run(all);
      eachStatistic(all, (value, part) -> session.write(value, part, Layout.ROW_MAJOR));
    }
  }

  private void eachStatistic(MemorySegment all, BiConsumer<Value, MemorySegment> work) {
    long offset = 0;
    for (Value value : statistics) {
      work.accept(value, all.asSlice(offset, value.bytes()));
      offset += value.bytes();
    }
  }

  /**
   * Replaces the weights, and what else steps change. A scale of the loss that is not among it
   * begins anew.
   *
   * @throws IllegalArgumentException if a tensor is missing or has another shape
   */
  public void restore(Weights weights, Weights others) {
    weights.writeTo(session);
    Map<String, Tensor> all = new LinkedHashMap<>(firstScale);
    all.putAll(others.tensors());
    new Weights(all).writeTo(session, states);
    shiftAll(communicator.rank());
  }

  /** Frees the session. */
  @Override
  public void close() {
    session.close();
  }
}
