package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.OpEvent;
import dev.residual.engine.Session;
import dev.residual.engine.Work;
import dev.residual.graph.Cost;
import dev.residual.graph.Op;
import dev.residual.nn.ResNet;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpEventTest {
  @TempDir Path folder;

  private static TrainingGraph training(Backend backend) {
    return TrainingGraph.of(
            ResNet.named("resnet20-cifar").input(8, 8).training(2), new Sgd(0.9, 1e-4), 0)
        .fused(backend::supports);
  }

  /** The events of this thread while an action runs, in their order. */
  private List<RecordedEvent> events(boolean enabled, Runnable action) throws IOException {
    Path file = folder.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      if (enabled) {
        recording.enable(OpEvent.class);
      }
      recording.start();
      action.run();
      recording.stop();
      recording.dump(file);
    }
    long thread = Thread.currentThread().threadId();
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals(OpEvent.NAME))
            .filter(event -> event.getThread().getJavaThreadId() == thread)
            .sorted(Comparator.comparing(RecordedEvent::getStartTime))
            .toList();
    Files.delete(file);
    return events;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void aRunMakesAnEventForEveryOperationInOrder(String name) throws IOException {
    Backend backend = Backends.named(name);
    List<Op> ops = training(backend).graph().ops();
    List<RecordedEvent> events;
    try (Session session = backend.compile(training(backend).graph(), new CompileOptions(1))) {
      session.run();
      events = events(true, session::run);
    }
    List<RecordedEvent> operations =
        events.stream().filter(event -> !event.getString("kind").equals(Work.PACKING)).toList();
    assertThat(operations)
        .extracting(event -> event.getString("kind"))
        .isEqualTo(ops.stream().map(Op::kind).toList());
    for (int i = 0; i < ops.size(); i++) {
      RecordedEvent event = operations.get(i);
      Cost cost = Cost.of(ops.get(i));
      assertThat(event.getLong("flops")).isEqualTo(cost.flops());
      assertThat(event.getLong("bytesRead")).isEqualTo(cost.bytesRead());
      assertThat(event.getLong("bytesWritten")).isEqualTo(cost.bytesWritten());
      assertThat(event.getDuration()).isPositive();
      assertThat(event.getString("type")).isEqualTo("F32");
    }
    RecordedEvent first = operations.getFirst();
    assertThat(first.getString("name")).isEqualTo(ops.getFirst().outputs().getFirst().name());
    assertThat(first.getString("shapes")).isEqualTo("2x3x8x8, 16x3x3x3 -> 2x16x8x8");
  }

  @Test
  void anEventNamesThePrimitiveThatRan() throws IOException {
    Backend backend = Backends.cpu();
    try (Session session = backend.compile(training(backend).graph(), new CompileOptions(1))) {
      for (RecordedEvent event : events(true, session::run)) {
        String implementation = event.getString("implementation");
        switch (event.getString("kind")) {
          case "Conv2d", "Conv2dBackwardData", Work.PACKING ->
              assertThat(implementation)
                  .matches(
                      "residual:((convolution|winograd)(_weights)?|strided_gradient)|(?!residual)[a-z].*:.*");
          case "BatchNorm" -> assertThat(implementation).matches("residual:batch_norm|.*:.*");
          default -> assertThat(implementation).isNotEmpty();
        }
      }
    }
  }

  @Test
  void aRecordingThatDoesNotAskForThemGetsNone() throws IOException {
    Backend backend = Backends.reference();
    try (Session session = backend.compile(training(backend).graph())) {
      assertThat(events(false, session::run)).isEmpty();
    }
  }

  @Test
  void runsAllocateNothingWhileAndAfterOtherEventsAreRecorded() throws IOException {
    Backend backend = Backends.cpu();
    try (Session session = backend.compile(training(backend).graph(), new CompileOptions(1))) {
      assertThat(events(true, session::run)).isNotEmpty();
      events(false, () -> assertThat(allocatedByARun(session)).isZero());
      assertThat(allocatedByARun(session)).isZero();
    }
  }

  /** In whole bytes: the virtual machine itself takes a few whenever it compiles a method. */
  private static long allocatedByARun(Session session) {
    for (int i = 0; i < 1000; i++) {
      session.run();
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 1000; i++) {
      session.run();
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / 1000;
  }
}
