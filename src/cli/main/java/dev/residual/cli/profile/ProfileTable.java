package dev.residual.cli.profile;

import dev.residual.cli.output.Json;
import dev.residual.cli.output.Text;
import java.io.PrintWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * A profile by kind of operation, beside the limits of the machine.
 *
 * @param profile the times
 * @param roofline the limits
 * @param kinds the rows
 */
public record ProfileTable(Profile profile, Roofline roofline, List<KindTime> kinds) {
  private static final String ROW = "%-28s %7s %10s %8s %9s %7s %9s%n";

  public ProfileTable(Profile profile, Roofline roofline) {
    this(profile, roofline, KindTime.of(profile, roofline));
  }

  /** The seconds of a step between operations: inputs written, outputs read. */
  private double rest() {
    return profile.seconds() - kinds.stream().mapToDouble(KindTime::seconds).sum();
  }

  public void print(PrintWriter out) {
    out.print(
        Text.format(ROW, "operation", "calls", "ms/step", "share", "GFLOP/s", "GB/s", "roofline"));
    for (KindTime kind : kinds) {
      out.print(
          Text.format(
              ROW,
              kind.kind(),
              Text.format("%.0f", kind.calls()),
              milliseconds(kind.seconds()),
              percent(kind.share()),
              giga(kind.flops()),
              giga(kind.bytes()),
              percent(kind.roofline())));
    }
    double rest = rest();
    out.print(
        Text.format(
            ROW,
            "between operations",
            "",
            milliseconds(rest),
            percent(rest / profile.seconds()),
            "",
            "",
            ""));
    roofline
        .peaks()
        .forEach(
            (type, peak) -> out.println(Text.format("peak %s: %.1f GFLOP/s", type, peak / 1e9)));
    out.println(Text.format("memory: %.1f GB/s", roofline.bandwidth() / 1e9));
  }

  /** Writes the member {@code profile} of an object. */
  public void write(JsonGenerator json) {
    json.writeObjectPropertyStart("profile");
    json.writeNumberProperty("steps", profile.steps().size());
    Json.number(json, "millisecondsPerStep", profile.seconds() * 1e3);
    json.writeObjectPropertyStart("peakGigaflops");
    roofline.peaks().forEach((type, peak) -> Json.number(json, type.name(), peak / 1e9));
    json.writeEndObject();
    Json.number(json, "gigabytesPerSecond", roofline.bandwidth() / 1e9);
    json.writeArrayPropertyStart("kinds");
    for (KindTime kind : kinds) {
      json.writeStartObject();
      json.writeStringProperty("kind", kind.kind());
      Json.number(json, "calls", kind.calls());
      Json.number(json, "milliseconds", kind.seconds() * 1e3);
      Json.number(json, "share", kind.share());
      Json.number(json, "gigaflops", kind.flops() / 1e9);
      Json.number(json, "gigabytes", kind.bytes() / 1e9);
      Json.number(json, "roofline", kind.roofline());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static String milliseconds(double seconds) {
    return Text.format("%.3f", seconds * 1e3);
  }

  private static String percent(double part) {
    return Text.format("%.1f %%", part * 100);
  }

  private static String giga(double perSecond) {
    return perSecond == 0 ? "-" : Text.format("%.1f", perSecond / 1e9);
  }
}
