package dev.residual.engine;

import dev.residual.graph.Cost;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/**
 * The JDK Flight Recorder event of an operation that a session ran, {@code dev.residual.Op}.
 *
 * <p>Off unless a recording asks for it by name, as with {@code
 * -XX:StartFlightRecording:dev.residual.Op#enabled=true}. {@link Session#run} looks once a run
 * whether it is on, so that while it is off operations take no longer.
 *
 * <p>Sizes and operations are those of {@link Cost}: what the operation takes at least, not what
 * its implementation did.
 */
@Name(OpEvent.NAME)
@Label("Operation")
@Description("An operation of a graph that a session ran")
@Category("Residual")
@Enabled(false)
@Threshold("0 ns")
@StackTrace(false)
public final class OpEvent extends Event {

  /** The name of the event. */
  public static final String NAME = "dev.residual.Op";

  private static final OpEvent PROBE = new OpEvent();

  @Label("Name")
  @Description("The first value that the operation computes or updates")
  private String name = "";

  @Label("Kind")
  @Description("The kind of operation; packing copies weights to the layout that it wants")
  private String kind = "";

  @Label("Implementation")
  @Description("What the backend chose: a primitive of oneDNN, a kernel of residual, or java")
  private String implementation = "";

  @Label("Type")
  @Description("The element type of the first value read")
  private String type = "";

  @Label("Shapes")
  @Description("The extents of the tensors read and computed")
  private String shapes = "";

  @Label("Bytes Read")
  @DataAmount
  private long bytesRead;

  @Label("Bytes Written")
  @DataAmount
  private long bytesWritten;

  @Label("Floating-point Operations")
  private long flops;

  private OpEvent() {}

  /** Whether a recording wants these events. */
  static boolean isOn() {
    return PROBE.isEnabled();
  }

  /** Runs the steps of an operation between the beginning and the end of an event. */
  static void record(Work work, Runnable[] steps, int from, int to, Runnable finish) {
    OpEvent event = new OpEvent();
    event.begin();
    for (int i = from; i < to; i++) {
      steps[i].run();
    }
    finish.run();
    event.end();
    if (event.shouldCommit()) {
      event.describe(work.description());
      event.commit();
    }
  }

  private void describe(Work.Description work) {
    name = work.name();
    kind = work.kind();
    implementation = work.implementation();
    type = work.type();
    shapes = work.shapes();
    bytesRead = work.cost().bytesRead();
    bytesWritten = work.cost().bytesWritten();
    flops = work.cost().flops();
  }
}
