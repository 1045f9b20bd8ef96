package dev.residual.cli.profile;

import dev.residual.cli.output.Failure;
import dev.residual.engine.OpEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Some steps, and the operations within each, as the JDK Flight Recorder saw them.
 *
 * @param steps in their order
 */
public record Profile(List<Step> steps) {
  private static final int WARM_UP = 2;
  private static final int MOST_STEPS = 10;

  /**
   * A step.
   *
   * @param start when it began
   * @param seconds it took, with what is done between operations
   * @param operations in their order
   */
  record Step(Instant start, double seconds, List<OpTime> operations) {}

  /**
   * Records at most ten steps.
   *
   * @param most steps
   * @param seconds after which no further step begins
   */
  public static Profile record(Runnable step, int most, double seconds) {
    if (!FlightRecorder.isAvailable()) {
      throw new Failure("this Java has no flight recorder, which a profile needs");
    }
    try (Recording recording = new Recording()) {
      recording.enable(OpEvent.class);
      recording.enable(StepEvent.class);
      recording.start();
      // The recorder rewrites the classes of its events, which are then compiled anew.
      for (int i = 0; i < WARM_UP; i++) {
        step.run();
      }
      long begin = System.nanoTime();
      int count = 0;
      while (count < Math.min(most, MOST_STEPS)
          && (count == 0 || System.nanoTime() - begin < seconds * 1e9)) {
        StepEvent event = new StepEvent();
        event.begin();
        step.run();
        event.commit();
        count++;
      }
      recording.stop();
      return new Profile(steps(events(recording)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<RecordedEvent> events(Recording recording) throws IOException {
    Path file = Files.createTempFile("residual-profile", ".jfr");
    try {
      recording.dump(file);
      return RecordingFile.readAllEvents(file).stream()
          .sorted(Comparator.comparing(RecordedEvent::getStartTime))
          .toList();
    } finally {
      Files.delete(file);
    }
  }

  private static List<Step> steps(List<RecordedEvent> events) {
    List<Step> steps = new ArrayList<>();
    for (RecordedEvent step : events) {
      if (step.getEventType().getName().equals(StepEvent.NAME)) {
        List<OpTime> operations =
            events.stream()
                .filter(event -> event.getEventType().getName().equals(OpEvent.NAME))
                .filter(event -> !event.getStartTime().isBefore(step.getStartTime()))
                .filter(event -> event.getEndTime().compareTo(step.getEndTime()) <= 0)
                .map(OpTime::of)
                .toList();
        steps.add(new Step(step.getStartTime(), step.getDuration().toNanos() / 1e9, operations));
      }
    }
    return steps;
  }

  /** The mean seconds of a step. */
  double seconds() {
    return steps.stream().mapToDouble(Step::seconds).average().orElse(0);
  }

  /** The operations of all steps. */
  List<OpTime> operations() {
    return steps.stream().flatMap(step -> step.operations.stream()).toList();
  }
}
