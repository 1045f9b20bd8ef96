package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.RandomInputs;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.nn.Architecture;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions on one device that share their weights, each with a queue of its own. */
@ExtendWith(SoftwareDevice.class)
class DeviceForksTest {
  private static final int SESSIONS = 4;
  private static final int BATCHES = 8;

  // The weights are far from 1, and bf16 has the range for what becomes of them.
  private static final Graph GRAPH = Network.graph(model(), DType.BF16, CudnnBackend::canRun);
  private static final Value IMAGES = GRAPH.value("images");
  private static final Value WEIGHTS = GRAPH.value("conv1.weight");
  private static final Value LOGITS = GRAPH.outputs().getFirst();

  private static Model model() {
    Architecture architecture =
        new Architecture(
            Architecture.Stem.CIFAR,
            Architecture.Block.BASIC,
            false,
            Architecture.Shortcut.PROJECTION,
            List.of(1, 1),
            32,
            1,
            32,
            false,
            false);
    return ResNet.of("forks", architecture).classes(10).input(8, 8).inference(1);
  }

  private static Session open(long weights) {
    Session session = SoftwareDevice.backend().compile(GRAPH);
    write(session, weights);
    return session;
  }

  private static void write(Session session, long weights) {
    RandomInputs.of(GRAPH, weights)
        .forEach(
            (value, tensor) -> {
              if (value.role() == Role.PARAMETER) {
                session.write(value, tensor);
              }
            });
  }

  /** A session and its forks, the last a fork of a fork. */
  private static List<Session> family(long weights) {
    List<Session> family = new ArrayList<>();
    family.add(open(weights));
    while (family.size() < SESSIONS - 1) {
      family.add(family.getFirst().fork());
    }
    family.add(family.getLast().fork());
    return family;
  }

  private static List<Float> logits(Session session, long images) {
    session.write(IMAGES, Objects.requireNonNull(RandomInputs.of(GRAPH, images).get(IMAGES)));
    session.run();
    return logits(session);
  }

  private static List<Float> logits(Session session) {
    Tensor logits = session.read(LOGITS);
    assertThat(logits.isFinite()).isTrue();
    List<Float> numbers = new ArrayList<>();
    for (float number : logits.toFloats()) {
      numbers.add(number);
    }
    return numbers;
  }

  private static List<List<Float>> batches(Session session, int first) {
    return IntStream.range(first, first + BATCHES).mapToObj(i -> logits(session, i)).toList();
  }

  @Test
  void aForkTakesMemoryForItsActivationsAlone() {
    long weights = GRAPH.values(Role.PARAMETER).stream().mapToLong(Value::bytes).sum();
    long empty = SoftwareDevice.get("bytes");
    try (Session session = open(1)) {
      long activations = session.bytes() - weights;
      assertThat(activations).isPositive().isLessThan(weights);
      List<Float> expected = logits(session, 1);
      long one = SoftwareDevice.get("bytes") - empty;
      assertThat(one).isGreaterThan(weights);
      try (Session fork = session.fork()) {
        assertThat(logits(fork, 1)).isEqualTo(expected);
        long staging = 2 * IMAGES.bytes();
        long tables = 1024;
        assertThat(SoftwareDevice.get("bytes") - empty - one)
            .isBetween(staging, activations + staging + tables);
        assertThat(fork.bytes()).isEqualTo(session.bytes());
      }
      assertThat(SoftwareDevice.get("bytes") - empty).isEqualTo(one);
    }
    assertThat(SoftwareDevice.get("bytes")).isEqualTo(empty);
  }

  @Test
  void concurrentForksGiveTheAnswersOfOneSessionBitForBit() {
    List<List<List<Float>>> expected = new ArrayList<>();
    try (Session session = open(1)) {
      for (int i = 0; i < SESSIONS; i++) {
        expected.add(batches(session, i * BATCHES));
      }
    }
    List<Session> family = family(1);
    List<CompletableFuture<List<List<Float>>>> found = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      Session session = family.get(i);
      int first = i * BATCHES;
      found.add(CompletableFuture.supplyAsync(() -> batches(session, first)));
    }
    for (int i = 0; i < SESSIONS; i++) {
      assertThat(found.get(i).join()).as("session %d", i).isEqualTo(expected.get(i));
    }
    family.forEach(Session::close);
  }

  /** A write is over when it returns, though each session has a queue of its own. */
  @Test
  void aWeightWrittenThroughAnySessionIsSeenByAll() {
    List<Session> family = family(1);
    List<Tensor> weights = new ArrayList<>();
    List<List<Float>> expected = new ArrayList<>();
    for (long seed = 1; seed <= 2; seed++) {
      weights.add(RandomInputs.of(GRAPH, seed).get(WEIGHTS));
      family.getFirst().write(WEIGHTS, weights.getLast());
      expected.add(logits(family.getFirst(), 1));
    }
    family.forEach(session -> logits(session, 1));
    for (int round = 0; round < 40; round++) {
      int writer = round % SESSIONS;
      family.get(writer).write(WEIGHTS, weights.get(round % 2));
      for (int i = 1; i <= SESSIONS; i++) {
        family.get((writer + i) % SESSIONS).run();
      }
      for (Session session : family) {
        assertThat(logits(session)).as("round %d", round).isEqualTo(expected.get(round % 2));
      }
    }
    family.forEach(Session::close);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0123", "3210", "1302", "2031"})
  void closedInAnyOrderTheyLeaveNothing(String order) {
    long empty = SoftwareDevice.get("bytes");
    List<Session> family = family(1);
    List<Float> expected = logits(family.getFirst(), 1);
    for (int i = 0; i < SESSIONS; i++) {
      for (char open : order.substring(i).toCharArray()) {
        assertThat(logits(family.get(open - '0'), 1)).isEqualTo(expected);
      }
      Session session = family.get(order.charAt(i) - '0');
      session.run();
      session.close();
    }
    assertThat(SoftwareDevice.get("bytes")).isEqualTo(empty);
  }
}
