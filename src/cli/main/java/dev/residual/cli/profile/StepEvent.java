package dev.residual.cli.profile;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** The flight recorder's event of a step that is profiled, around those of its operations. */
@Name(StepEvent.NAME)
@Label("Step")
@Category("Residual")
@Enabled(false)
@Threshold("0 ns")
@StackTrace(false)
final class StepEvent extends Event {
  static final String NAME = "dev.residual.cli.Step";
}
