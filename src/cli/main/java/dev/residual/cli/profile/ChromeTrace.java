package dev.residual.cli.profile;

import dev.residual.cli.output.Json;
import dev.residual.io.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import tools.jackson.core.JsonGenerator;

/**
 * A profile as a time line in the Trace Event Format, which Perfetto and Chrome open.
 *
 * @param process the title of the time line
 * @param profile the steps
 */
public record ChromeTrace(String process, Profile profile) {

  /** Replaces a file by the time line. */
  public void write(Path file) throws IOException {
    AtomicFile.write(file, out -> Json.write(out, this::write));
  }

  private void write(JsonGenerator json) {
    json.writeStringProperty("displayTimeUnit", "ms");
    json.writeArrayPropertyStart("traceEvents");
    json.writeStartObject();
    json.writeStringProperty("name", "process_name");
    json.writeStringProperty("ph", "M");
    json.writeNumberProperty("pid", 1);
    json.writeObjectPropertyStart("args");
    json.writeStringProperty("name", process);
    json.writeEndObject();
    json.writeEndObject();
    for (int i = 0; i < profile.steps().size(); i++) {
      Profile.Step step = profile.steps().get(i);
      slice(json, "step " + (i + 1), "step", step.start(), step.seconds());
      json.writeEndObject();
      step.operations().forEach(operation -> write(json, operation));
    }
    json.writeEndArray();
  }

  private void write(JsonGenerator json, OpTime operation) {
    slice(json, operation.name(), operation.kind(), operation.start(), operation.seconds());
    json.writeObjectPropertyStart("args");
    json.writeStringProperty("kind", operation.kind());
    json.writeStringProperty("implementation", operation.implementation());
    json.writeStringProperty("type", operation.type());
    json.writeStringProperty("shapes", operation.shapes());
    Json.number(json, "bytes", operation.bytes());
    Json.number(json, "flops", operation.flops());
    Json.number(json, "gigaflops", operation.flops() / operation.seconds() / 1e9);
    Json.number(json, "gigabytes", operation.bytes() / operation.seconds() / 1e9);
    json.writeEndObject();
    json.writeEndObject();
  }

  /** Begins a complete event, with times in microseconds. */
  private void slice(JsonGenerator json, String name, String kind, Instant start, double seconds) {
    Instant zero = profile.steps().getFirst().start();
    json.writeStartObject();
    json.writeStringProperty("name", name);
    json.writeStringProperty("cat", kind);
    json.writeStringProperty("ph", "X");
    Json.number(json, "ts", Duration.between(zero, start).toNanos() / 1e3);
    Json.number(json, "dur", seconds * 1e6);
    json.writeNumberProperty("pid", 1);
    json.writeNumberProperty("tid", 1);
  }
}
