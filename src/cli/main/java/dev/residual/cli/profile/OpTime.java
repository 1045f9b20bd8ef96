package dev.residual.cli.profile;

import java.time.Instant;
import jdk.jfr.consumer.RecordedEvent;

/**
 * An operation that a profiled step ran.
 *
 * @param name of the value that it computes
 * @param kind of the operation
 * @param implementation that the backend chose
 * @param type of the elements that it reads
 * @param shapes of its tensors
 * @param start when it began
 * @param seconds it took
 * @param bytes it moved at least
 * @param flops it computed
 */
record OpTime(
    String name,
    String kind,
    String implementation,
    String type,
    String shapes,
    Instant start,
    double seconds,
    long bytes,
    long flops) {

  static OpTime of(RecordedEvent event) {
    return new OpTime(
        event.getString("name"),
        event.getString("kind"),
        event.getString("implementation"),
        event.getString("type"),
        event.getString("shapes"),
        event.getStartTime(),
        event.getDuration().toNanos() / 1e9,
        event.getLong("bytesRead") + event.getLong("bytesWritten"),
        event.getLong("flops"));
  }
}
