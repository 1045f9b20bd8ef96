package dev.residual.engine;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A runner of a session's steps that gives an {@link OpEvent} for each operation.
 *
 * <p>A session asks {@link #isOn} once a run. If it is off, the session runs its steps itself.
 */
public final class Recorder {

  /** What each step belongs to; that of neighbours is the same object if they are one event. */
  private final Work[] works;

  /**
   * A recorder of a session.
   *
   * @param works what each step belongs to; neighbours with the same object make one event
   */
  public Recorder(List<Work> works) {
    this.works = works.toArray(Work[]::new);
  }

  /** The events: one entry per run of adjacent steps with the same work; unmodifiable. */
  @SuppressWarnings("ReferenceEquality")
  public List<Work> works() {
    return IntStream.range(0, works.length)
        .filter(i -> i == 0 || works[i] != works[i - 1])
        .mapToObj(i -> works[i])
        .toList();
  }

  /** Whether a recording of the JDK Flight Recorder wants the events; allocates nothing. */
  public boolean isOn() {
    return OpEvent.isOn();
  }

  /**
   * Runs all steps, with events.
   *
   * @param end waits until the steps before are done, for an event to end there
   */
  @SuppressWarnings("ReferenceEquality")
  public void run(Runnable[] steps, Runnable end) {
    int from = 0;
    for (int to = 1; to <= steps.length; to++) {
      if (to == steps.length || works[to] != works[from]) {
        OpEvent.record(works[from], steps, from, to, end);
        from = to;
      }
    }
  }
}
