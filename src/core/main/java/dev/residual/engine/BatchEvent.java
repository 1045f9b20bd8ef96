package dev.residual.engine;

import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;

/**
 * The JDK Flight Recorder event of a batch that a {@link Batcher} ran, {@code dev.residual.Batch}.
 * Its duration is that of the run.
 *
 * <p>Off unless a recording asks for it by name, as with {@code
 * -XX:StartFlightRecording:dev.residual.Batch#enabled=true}.
 */
@Name(BatchEvent.NAME)
@Label("Batch")
@Description("Requests of several callers that were computed together")
@Category("Residual")
@Enabled(false)
@Threshold("0 ns")
@StackTrace(false)
public final class BatchEvent extends Event {

  /** The name of the event. */
  public static final String NAME = "dev.residual.Batch";

  @Label("Size")
  @Description("The requests of the batch")
  private int size;

  @Label("Waited")
  @Description("The time from the first of these requests to the beginning of the run")
  @Timespan
  private long waited;

  @Label("Queue Length")
  @Description("The requests that were left waiting")
  private int queueLength;

  private BatchEvent() {}

  /** Runs a batch between the beginning and the end of an event, also if it fails. */
  static <T> T record(int size, long waited, int queueLength, Supplier<T> run) {
    BatchEvent event = new BatchEvent();
    event.begin();
    try {
      return run.get();
    } finally {
      event.end();
      if (event.shouldCommit()) {
        event.size = size;
        event.waited = waited;
        event.queueLength = queueLength;
        event.commit();
      }
    }
  }
}
