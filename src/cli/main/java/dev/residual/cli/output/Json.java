package dev.residual.cli.output;

import java.io.OutputStream;
import java.io.StringWriter;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/** JSON objects: those that {@code --json} prints, one line each, and those of files. */
public final class Json {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private Json() {}

  /** An object of whole numbers and of others, the latter to three decimals. */
  public static String object(Map<String, ? extends Number> members) {
    return object(json -> members.forEach((name, number) -> number(json, name, number)));
  }

  /** An object with the members that are written. */
  public static String object(Consumer<JsonGenerator> members) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      write(json, members);
    }
    return text.toString();
  }

  /** Writes an object, and leaves the stream open. */
  public static void write(OutputStream out, Consumer<JsonGenerator> members) {
    try (JsonGenerator json =
        FACTORY.createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
      write(json, members);
    }
  }

  /** Writes a member: a whole number, or another to three decimals. */
  public static void number(JsonGenerator json, String name, Number number) {
    if (number instanceof Double d) {
      json.writeNumberProperty(name, Math.round(d * 1000) / 1000.0);
    } else {
      json.writeNumberProperty(name, number.longValue());
    }
  }

  private static void write(JsonGenerator json, Consumer<JsonGenerator> members) {
    json.writeStartObject();
    members.accept(json);
    json.writeEndObject();
  }
}
