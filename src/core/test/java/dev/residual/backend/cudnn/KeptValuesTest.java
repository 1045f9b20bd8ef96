package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.residual.RandomInputs;
import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.engine.Session;
import dev.residual.engine.Work;
import dev.residual.graph.Cast;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import dev.residual.train.AdamW;
import dev.residual.train.Lars;
import dev.residual.train.Muon;
import dev.residual.train.Optimizer;
import dev.residual.train.Sgd;
import dev.residual.train.TinyNetwork;
import dev.residual.train.TrainingGraph;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What follows from parameters alone is computed when they are written, and is then right. */
@ExtendWith(SoftwareDevice.class)
class KeptValuesTest {
  private static final int STEPS = 4;

  private final Model model = TinyNetwork.inference(2);
  private final Graph inference = Network.graph(model, DType.F16, CudnnBackend::canRun);
  private final Map<Value, Tensor> elements = RandomInputs.of(inference, 1);

  private static TrainingGraph training(DType precision, Optimizer optimizer) {
    return TinyNetwork.trainingGraph(4, optimizer)
        .withPrecision(precision)
        .fused(CudnnBackend::canRun);
  }

  private static Session compiled(Graph graph) {
    return SoftwareDevice.backend().compile(graph);
  }

  private static List<Work> casts(Session session) {
    return session.steps().stream()
        .filter(work -> work.op() instanceof Cast cast && cast.src().role() == Role.PARAMETER)
        .toList();
  }

  private static long operationsOfARun(Session session) {
    session.finish();
    long before = SoftwareDevice.get("operations");
    session.run();
    session.finish();
    return SoftwareDevice.get("operations") - before;
  }

  private Tensor logits(Session session) {
    session.run();
    return session.read(inference.outputs().getFirst());
  }

  private Tensor logitsOfAnew(Map<Value, Tensor> others) {
    try (Session session = compiled(inference)) {
      others.forEach(session::write);
      return logits(session);
    }
  }

  private static void requireSame(Tensor expected, Tensor found) {
    assertThat(found.data().mismatch(expected.data())).isEqualTo(-1);
  }

  @Test
  void weightsAreCastWhenTheyAreWritten() {
    Value weights = inference.values(Role.PARAMETER).getFirst();
    try (Session session = compiled(inference)) {
      elements.forEach(session::write);
      assertThat(casts(session))
          .isNotEmpty()
          .allMatch(work -> work.implementation().equals("when parameters are written"));
      session.run();
      long run = operationsOfARun(session);
      Tensor before = logits(session);
      Map<Value, Tensor> others = RandomInputs.of(inference, 2);
      session.write(weights, others.get(weights));
      assertThat(operationsOfARun(session)).isEqualTo(run + 1);
      Tensor after = session.read(inference.outputs().getFirst());
      assertThat(after.data().mismatch(before.data())).isNotEqualTo(-1);
      elements.put(weights, others.get(weights));
      requireSame(logitsOfAnew(elements), after);
    }
  }

  @Test
  void forksShareWhatIsKept() {
    try (Session session = compiled(inference)) {
      elements.forEach(session::write);
      Tensor expected = logits(session);
      try (Session fork = session.fork()) {
        fork.write(model.images(), elements.get(model.images()));
        long run = operationsOfARun(fork);
        requireSame(expected, fork.read(inference.outputs().getFirst()));
        session.run();
        assertThat(operationsOfARun(session)).isEqualTo(run);
        Map<Value, Tensor> others = RandomInputs.of(inference, 2);
        others.put(model.images(), elements.get(model.images()));
        inference.values(Role.PARAMETER).forEach(value -> fork.write(value, others.get(value)));
        requireSame(logitsOfAnew(others), logits(session));
        requireSame(logitsOfAnew(others), logits(fork));
      }
    }
  }

  /** A step whose halves the update wrote is that of one whose halves are cast anew. */
  @ParameterizedTest
  @MethodSource("optimizers")
  void updatesWriteTheHalves(DType precision, Optimizer optimizer) {
    Graph graph = training(precision, optimizer).graph();
    List<Tensor> expected = new ArrayList<>();
    try (Session session = compiled(graph)) {
      train(
          session,
          graph,
          step -> {
            if (step > 0) {
              graph
                  .values(Role.PARAMETER)
                  .forEach(value -> session.write(value, session.read(value)));
            }
          });
      graph.values(Role.PARAMETER).forEach(value -> expected.add(session.read(value)));
    }
    try (Session session = compiled(graph)) {
      assertThat(casts(session))
          .isNotEmpty()
          .allMatch(work -> work.implementation().equals("when parameters are written"));
      train(session, graph, _ -> {});
      int i = 0;
      for (Value value : graph.values(Role.PARAMETER)) {
        requireSame(expected.get(i++), session.read(value));
      }
    }
  }

  static Stream<Arguments> optimizers() {
    Sgd sgd = new Sgd(0.9, 1e-4);
    return Stream.of(sgd, new AdamW(0.01), new Lars(0.02, 0.9, 1e-4, true), new Muon(0.01, sgd))
        .flatMap(one -> Stream.of(DType.BF16, DType.F16).map(type -> arguments(type, one)));
  }

  private static void train(Session session, Graph graph, Consumer<Integer> between) {
    RandomInputs.of(graph, 3).forEach(session::write);
    for (int step = 0; step < STEPS; step++) {
      between.accept(step);
      session.run();
    }
  }

  /** Whoever owns the memory of a parameter that is trained changes it without a word. */
  @Test
  void aTrainedParameterInMemoryOfTheCallersIsCastInEachRun() {
    Graph graph = training(DType.F16, new Sgd(0.9, 1e-4)).graph();
    Value weights =
        graph.values(Role.PARAMETER).stream()
            .filter(value -> value.shape().rank() == 4)
            .findFirst()
            .orElseThrow();
    List<Tensor> expected = new ArrayList<>();
    try (Session session = compiled(graph)) {
      train(session, graph, step -> session.write(weights, filled(weights, step)));
      graph.values(Role.PARAMETER).forEach(value -> expected.add(session.read(value)));
    }
    CudaMemory memory = new CudaMemory(CudaDevice.open(0));
    try (Arena arena = Arena.ofConfined();
        Session ofHost = compiled(graph);
        Session ofDevice = compiled(graph)) {
      Layout layout = ofHost.layout(weights);
      MemorySegment host = arena.allocate(weights.bytes(), 64);
      MemorySegment device = memory.slab("weights", weights.bytes());
      ofHost.bind(weights, host);
      ofDevice.bind(weights, device);
      train(ofHost, graph, step -> host.copyFrom(filled(weights, step).data()));
      train(
          ofDevice,
          graph,
          step -> {
            ofDevice.finish();
            memory.copyIn(weights, filled(weights, step).data(), Layout.ROW_MAJOR, device, layout);
          });
      int i = 0;
      for (Value value : graph.values(Role.PARAMETER)) {
        requireSame(expected.get(i), ofHost.read(value));
        requireSame(expected.get(i++), ofDevice.read(value));
      }
    } finally {
      memory.close();
    }
  }

  /** Equal elements, which have the same order in every layout. */
  private static Tensor filled(Value value, int step) {
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    for (long i = 0; i < value.shape().elements(); i++) {
      tensor.set(i, 0.01 * (1 + step));
    }
    return tensor;
  }
}
