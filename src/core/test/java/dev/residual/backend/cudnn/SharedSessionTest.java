package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.ThreadProcesses;
import dev.residual.engine.Work;
import dev.residual.graph.AllReduce;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sessions of several processes, with a device of software each. */
@ExtendWith(SoftwareDevice.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedSessionTest {
  private static final int RUNS = 6;
  private static final Shape LARGE = Shape.of(70_000);

  private final Value first = Value.input("a", LARGE);
  private final Value second = Value.input("b", Shape.of(5));
  private final Value sum = Value.activation("x", LARGE, DType.F32);
  private final Value other = Value.activation("y", Shape.of(5), DType.F32);
  private final Value after = Value.activation("z", Shape.of(5), DType.F32);
  private final Graph graph;

  /** Two sums, under way at once, and something that reads the second. */
  SharedSessionTest() {
    Value ofFirst = Value.activation("ofFirst", LARGE, DType.F32);
    Value ofSecond = Value.activation("ofSecond", Shape.of(5), DType.F32);
    graph =
        new Graph(
            List.of(
                new Relu(first, ofFirst),
                new AllReduce(List.of(ofFirst), List.of(sum)),
                new Relu(second, ofSecond),
                new AllReduce(List.of(ofSecond), List.of(other)),
                new Relu(other, after)),
            List.of(sum, after));
  }

  @BeforeEach
  void open() {
    SoftwareDevice.set("devices", 2);
  }

  @AfterEach
  void close() {
    SoftwareDevice.set("devices", 1);
  }

  private Session compile(Communicator member) {
    return SoftwareDevice.backend(member.rank())
        .compile(graph, new CompileOptions(1).withCommunicator(member));
  }

  private void write(Session session, Communicator member, int run) {
    Tensor numbers = Tensor.zeros(DType.F32, LARGE);
    for (int i = 0; i < LARGE.elements(); i++) {
      numbers.set(i, i % 100 + run + 1000 * member.rank());
    }
    session.write(first, numbers);
    session.write(second, Tensor.of(Shape.of(5), (float) run, member.rank(), -1, 2, 3));
  }

  @Test
  void sumsAreReplayedWithTheStep() throws Exception {
    long launches = SoftwareDevice.get("graph-launches");
    List<List<float[]>> all = ThreadProcesses.run(2, this::runs);
    assertThat(SoftwareDevice.get("graph-launches") - launches).isEqualTo(2 * (RUNS - 1));
    for (List<float[]> results : all) {
      for (int run = 0; run < RUNS; run++) {
        float[] sums = results.get(2 * run);
        for (int i = 0; i < sums.length; i++) {
          assertThat(sums[i]).isEqualTo(2 * (i % 100 + run) + 1000);
        }
        assertThat(results.get(2 * run + 1)).containsExactly(2 * run, 1, 0, 4, 6);
      }
    }
  }

  private List<float[]> runs(Communicator member) {
    List<float[]> results = new ArrayList<>();
    try (Session session = compile(member)) {
      assertThat(session.steps().stream().map(Work::implementation))
          .filteredOn("exchange"::equals)
          .hasSize(4);
      for (int run = 0; run < RUNS; run++) {
        write(session, member, run);
        session.run();
        results.add(session.read(sum).toFloats());
        results.add(session.read(after).toFloats());
      }
    }
    return results;
  }

  @Test
  void aSessionWhoseOthersStopCanOnlyBeClosed() throws Exception {
    // Kernels are compiled before anybody is impatient.
    ThreadProcesses.run(2, this::runs);
    CountDownLatch told = new CountDownLatch(1);
    ThreadProcesses.run(
        2,
        Duration.ofSeconds(2),
        member -> {
          try (Session session = compile(member)) {
            for (int run = 0; run < 3; run++) {
              write(session, member, run);
              session.run();
            }
            session.finish();
            if (member.rank() == 0) {
              session.run();
              assertThatExceptionOfType(CommunicationException.class)
                  .isThrownBy(() -> session.read(sum))
                  .withMessageStartingWith("process 0 waits in vain");
              assertThatIllegalStateException()
                  .isThrownBy(session::run)
                  .withMessageStartingWith(
                      "the session can only be closed, for it failed: process");
              told.countDown();
            }
            return told.await(20, TimeUnit.SECONDS);
          }
        });
  }

  @Test
  void aStepThatFailsOnOneGpuReleasesTheOther() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    List<String> messages =
        ThreadProcesses.run(
            2,
            Duration.ofSeconds(30),
            member -> {
              try (Session session = compile(member)) {
                write(session, member, 0);
                session.run();
                session.finish();
                if (member.rank() == 0) {
                  failed.await(20, TimeUnit.SECONDS);
                }
                if (member.rank() == 1) {
                  SoftwareDevice.set("refuse", 1);
                }
                try {
                  session.run();
                  session.finish();
                  return "nothing";
                } catch (RuntimeException e) {
                  return String.valueOf(e.getMessage());
                } finally {
                  failed.countDown();
                }
              }
            });
    assertThat(messages.getLast()).startsWith("cuLaunchKernel returned 701");
    assertThat(messages.getFirst())
        .isEqualTo("the exchange between GPUs has failed: ncclRemoteError");
  }
}
