package dev.residual.bench.gpu;

import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Objects that programs print. */
final class Json {
  private Json() {}

  /** The last line that is an object; empty if none is. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> lastObject(String output) {
    String last =
        output.lines().filter(line -> line.startsWith("{")).reduce((a, b) -> b).orElse("{}");
    try {
      return JsonMapper.shared().readValue(last, Map.class);
    } catch (JacksonException e) {
      return Map.of();
    }
  }

  /** A member, or NaN if there is no such number. */
  static double number(Map<String, Object> object, String name) {
    return object.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
