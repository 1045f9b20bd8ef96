package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchEventTest {
  private static final Duration PAUSE = Duration.ofMillis(50);

  @TempDir Path folder;

  /** The events of a run of 0, and then of batches of what waited meanwhile. */
  private List<RecordedEvent> events(boolean enabled) throws IOException, InterruptedException {
    Path file = folder.resolve("events.jfr");
    HeldSession session = new HeldSession();
    try (Recording recording = new Recording()) {
      if (enabled) {
        recording.enable(BatchEvent.class);
      }
      recording.start();
      try (Batcher<Integer, Integer> batcher =
          new Batcher<>(BatchOptions.DEFAULT.withLargest(2), List.of(session))) {
        batcher.submit(0);
        session.awaitRun();
        for (int i = 0; i < 4; i++) {
          batcher.submit(HeldSession.FAILS + i);
        }
        Thread.sleep(PAUSE);
        session.release();
      }
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(BatchEvent.NAME))
        .sorted(Comparator.comparing(RecordedEvent::getStartTime))
        .toList();
  }

  @Test
  void aBatchMakesAnEventAlsoIfItFails() throws Exception {
    List<RecordedEvent> events = events(true);
    assertThat(events).extracting(event -> event.getInt("size")).containsExactly(1, 2, 2);
    assertThat(events).extracting(event -> event.getInt("queueLength")).containsExactly(0, 2, 0);
    assertThat(events.get(0).getDuration()).isGreaterThanOrEqualTo(PAUSE);
    assertThat(events.get(0).getDuration("waited")).isLessThan(events.get(1).getDuration("waited"));
    assertThat(events.get(1).getDuration("waited")).isGreaterThanOrEqualTo(PAUSE);
    assertThat(events.get(2).getDuration("waited")).isGreaterThanOrEqualTo(PAUSE);
  }

  @Test
  void aRecordingThatDoesNotAskForThemGetsNone() throws Exception {
    assertThat(events(false)).isEmpty();
  }
}
