package dev.residual.cli;

import java.io.StringWriter;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The JSON objects that {@code --json} prints: one line each. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** An object of whole numbers and of others, the latter to three decimals. */
  static String object(Map<String, ? extends Number> members) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      members.forEach(
          (name, number) -> {
            if (number instanceof Double d) {
              json.writeNumberProperty(name, Math.round(d * 1000) / 1000.0);
            } else {
              json.writeNumberProperty(name, number.longValue());
            }
          });
      json.writeEndObject();
    }
    return text.toString();
  }
}
