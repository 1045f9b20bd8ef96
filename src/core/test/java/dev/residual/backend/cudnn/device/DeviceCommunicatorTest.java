package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.bindings.NativeException;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.engine.Communicator.Exchange;
import dev.residual.engine.ThreadProcesses;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Exchanges of two processes, which are threads with a device of software each. */
@ExtendWith(SoftwareDevice.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DeviceCommunicatorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String REMOTE = "the exchange between GPUs has failed: ncclRemoteError";
  private static final Value FLOATS = new Value("floats", Shape.of(4), DType.F32, Role.ACTIVATION);

  @BeforeEach
  void open() {
    SoftwareDevice.set("devices", 2);
  }

  @AfterEach
  void close() {
    SoftwareDevice.set("devices", 1);
  }

  /** One process: its memory, four floats in it, and their sum. */
  private static final class Member implements AutoCloseable {
    final CudaMemory memory;
    final MemorySegment floats;
    final Exchange sum;

    Member(Communicator member) {
      memory = new CudaMemory(CudaDevice.open(member.rank()), member);
      floats = memory.slab("floats", FLOATS.bytes());
      sum = processes().sum(DType.F32, FLOATS.shape().elements());
    }

    DeviceCommunicator processes() {
      return Objects.requireNonNull(memory.processes());
    }

    void write(float... numbers) {
      memory.copyIn(
          FLOATS, MemorySegment.ofArray(numbers), Layout.ROW_MAJOR, floats, Layout.ROW_MAJOR);
    }

    float[] read() {
      MemorySegment copy = MemorySegment.ofArray(new float[4]);
      memory.copyOut(FLOATS, floats, Layout.ROW_MAJOR, copy, Layout.ROW_MAJOR);
      return copy.toArray(JAVA_FLOAT);
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  @Test
  void sumsAndCollections() throws Exception {
    List<float[]> results =
        ThreadProcesses.run(
            2,
            member -> {
              try (Member own = new Member(member)) {
                own.write(1, 2, 10 * member.rank(), 4);
                own.memory.begin();
                own.sum.run(own.floats);
                assertThat(own.read()).containsExactly(2, 4, 10, 8);
                own.write(9, 9, member.rank(), 7);
                MemorySegment half = MemorySegment.ofAddress(own.floats.address() + 8);
                Exchange collection = own.processes().gather(() -> half, 2);
                own.memory.begin();
                collection.run(own.floats);
                return own.read();
              }
            });
    assertThat(results).allSatisfy(all -> assertThat(all).containsExactly(0, 7, 1, 7));
  }

  @Test
  void anExchangeThatAnotherProcessBeginsAndNeverMakesIsAborted() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    List<String> messages =
        ThreadProcesses.run(
            2,
            PATIENCE,
            member -> {
              Member own = new Member(member);
              own.memory.begin();
              String message = "";
              if (member.rank() == 0) {
                own.sum.run(own.floats);
                message = failure(own.memory::finish);
                told.countDown();
                assertThat(failure(own.memory::begin)).isEqualTo(message);
                assertThat(failure(own::close)).isEqualTo(message);
              } else {
                assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
                own.close();
              }
              return message;
            });
    assertThat(messages.getFirst())
        .isEqualTo("the exchange between GPUs has not ended within 2 s: all processes are there");
  }

  @Test
  void aProcessWhoseGpuLeavesEndsTheWaitingOfOthersAtOnce() throws Exception {
    List<String> messages =
        ThreadProcesses.run(
            2,
            member -> {
              Member own = new Member(member);
              own.memory.begin();
              String message;
              if (member.rank() == 0) {
                own.sum.run(own.floats);
                message = failure(own.memory::finish);
              } else {
                own.processes().abort("this process fails");
                message = failure(own.memory::finish);
              }
              assertThat(failure(own::close)).isEqualTo(message);
              return message;
            });
    assertThat(messages).containsExactly(REMOTE, "this process fails");
  }

  /** The exchange of the hosts that it had begun ends after its memory is freed. */
  @Test
  void aProcessThatHasClosedKeepsNobodyWaiting() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    List<String> messages =
        ThreadProcesses.run(
            2,
            member -> {
              Member own = new Member(member);
              if (member.rank() == 0) {
                assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
                own.memory.begin();
                own.sum.run(own.floats);
                String message = failure(own.memory::finish);
                assertThat(failure(own::close)).isEqualTo(message);
                return message;
              }
              own.memory.begin();
              own.processes().abort("this process fails");
              String message = failure(own::close);
              closed.countDown();
              return message;
            });
    assertThat(messages).containsExactly(REMOTE, "this process fails");
  }

  @Test
  void aProcessThatFailsLetsGoOfItsGpu() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    ThreadProcesses.run(
        2,
        member -> {
          Member own = new Member(member);
          own.memory.begin();
          if (member.rank() == 0) {
            own.sum.start(own.floats);
            NativeException failure = new NativeException("cuMemAlloc", 2, "OUT_OF_MEMORY", "full");
            assertThat(own.memory.end(failure, List.of(), false)).isSameAs(failure);
            assertThat(failure(own::close)).startsWith("cuMemAlloc returned 2");
            ended.countDown();
          } else {
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(failure(own::close)).isIn("none", REMOTE);
          }
          return "";
        });
  }

  private static String failure(Runnable work) {
    try {
      work.run();
      return "none";
    } catch (CommunicationException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void oneGpuForTwoProcessesIsRefused() {
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(
            () ->
                ThreadProcesses.run(
                    2,
                    member -> {
                      try (CudaMemory memory = new CudaMemory(CudaDevice.open(0), member)) {
                        return Objects.requireNonNull(memory.processes()).sum(DType.F32, 1);
                      }
                    }))
        .withMessageStartingWith("ncclCommInitRank returned 5 (ncclInvalidUsage): ")
        .withMessageContaining("each process needs a GPU of its own; this one has GPU 0");
    assertThat(SoftwareDevice.traps().lines())
        .allMatch(line -> line.contains("the same device") || line.contains("was refused"));
    SoftwareDevice.forgive();
  }

  @Test
  void otherTypesAreRefused() throws Exception {
    ThreadProcesses.run(
        2,
        member -> {
          try (CudaMemory memory = new CudaMemory(CudaDevice.open(0), member)) {
            DeviceCommunicator processes = Objects.requireNonNull(memory.processes());
            assertThatIllegalArgumentException()
                .isThrownBy(() -> processes.sum(DType.F64, 1))
                .withMessage("F64: GPUs sum F32");
            assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> processes.broadcast(1));
            return processes.size();
          }
        });
  }
}
