package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.bindings.NativeException;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a session says of a device that fails: which operation it was, and what to do. */
@ExtendWith(SoftwareDevice.class)
class DeviceFailureTest {
  private static final String SYNCHRONOUS = "residual.cuda.synchronous";

  private final Value images;
  private final Value dst;
  private final Graph graph;

  /** Three launches: a kernel of ours, a plan of cuDNN's, and a kernel. */
  DeviceFailureTest() {
    GraphBuilder builder = new GraphBuilder(DType.F32);
    images = builder.input("images", Shape.of(2, 8, 6, 6));
    Value weights = builder.parameter("weights", Shape.of(8, 8, 3, 3));
    Value first = builder.relu("first", images);
    Value second = builder.conv2d("second", first, weights, null, Window.square(3, 1, 1), 1);
    dst = builder.relu("third", second);
    graph = builder.build(dst);
  }

  @AfterEach
  void repair() {
    System.clearProperty(SYNCHRONOUS);
    SoftwareDevice.set("refuse", 0);
    SoftwareDevice.set("fail", 0);
    assertThat(SoftwareDevice.traps().lines()).allMatch(line -> line.endsWith("as a test wants"));
    SoftwareDevice.forgive();
  }

  /** Also while the second run is recorded. */
  @ParameterizedTest
  @CsvSource({
    "0, 1, cuLaunchKernel, first Relu",
    "0, 2, cudnnBackendExecute, second Conv2d",
    "0, 3, cuLaunchKernel, third Relu",
    "1, 2, cudnnBackendExecute, second Conv2d"
  })
  void whatIsRefusedIsNamed(int runs, int launch, String function, String step) {
    try (Session session = SoftwareDevice.backend().compile(graph)) {
      for (int i = 0; i < runs; i++) {
        session.run();
      }
      SoftwareDevice.set("refuse", launch);
      assertThatExceptionOfType(NativeException.class)
          .isThrownBy(session::run)
          .withMessageStartingWith(function)
          .withMessageContaining("; at the step " + step)
          .withMessageNotContaining("any more");
      requireClosedAlone(session, step);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, first Relu", "2, second Conv2d", "3, third Relu"})
  void ifEachStepIsWaitedForTheOneThatFailsIsNamed(int launch, String step) {
    System.setProperty(SYNCHRONOUS, "true");
    try (Session session = SoftwareDevice.backend().compile(graph)) {
      session.run();
      session.run();
      SoftwareDevice.set("fail", launch);
      assertThatExceptionOfType(NativeException.class)
          .isThrownBy(session::run)
          .withMessageStartingWith("cuStreamSynchronize returned 719")
          .withMessageContaining("; at the step " + step)
          .withMessageEndingWith("this process cannot use the GPU any more");
      requireClosedAlone(session, step);
    }
  }

  /** Found by a wait, a copy, or the next run, whatever comes first. */
  @ParameterizedTest
  @CsvSource({"finish", "read", "run"})
  void whatFailsLaterIsNarrowedDown(String finder) {
    Session session = SoftwareDevice.backend().compile(graph);
    session.run();
    session.run();
    SoftwareDevice.set("delay", 0);
    session.finish();
    try (Session other = SoftwareDevice.backend().compile(graph)) {
      SoftwareDevice.set("fail", 2);
      assertThatExceptionOfType(NativeException.class)
          .isThrownBy(
              () -> {
                other.run();
                switch (finder) {
                  case "finish" -> other.finish();
                  case "read" -> {
                    var _ = other.read(dst);
                  }
                  default -> {
                    while (true) {
                      other.run();
                    }
                  }
                }
              })
          // cuDNN tells of a lost device, too, if it is called when the step has failed already.
          .withMessageMatching("(?s).* returned (719|5000) .*")
          .withMessageContaining("a step of this session, from first Relu F32 2x8x6x6")
          .withMessageContaining(" to third Relu F32 2x8x6x6")
          .withMessageContaining("-Dresidual.cuda.synchronous=true names the step");
      requireClosedAlone(other, "from first Relu");
    } finally {
      SoftwareDevice.set("delay", 1);
    }
    // The first session learns of it when it is closed, and holds nothing then.
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(session::close)
        .withMessageContaining("or another session's");
    assertThatIllegalStateException().isThrownBy(session::run).withMessage("the session is closed");
  }

  private void requireClosedAlone(Session session, String words) {
    assertThatIllegalStateException()
        .isThrownBy(session::run)
        .withMessageStartingWith("the session can only be closed, for it failed: ")
        .withMessageContaining(words);
    assertThatIllegalStateException().isThrownBy(session::finish);
    assertThatIllegalStateException().isThrownBy(() -> session.read(dst));
    session.close();
    assertThat(session.steps()).hasSize(3);
  }

  @Test
  void thePropertyIsTrueOrFalse() {
    System.setProperty(SYNCHRONOUS, "yes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftwareDevice.backend().compile(graph))
        .withMessage("residual.cuda.synchronous is yes, expected true or false");
  }
}
