package dev.residual.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What a command printed with {@code --json}. */
final class Results {
  private Results() {}

  /** The members of the one object that a text is; nothing may follow it but a line end. */
  static Map<String, Double> parse(String text) {
    Map<String, Double> members = new LinkedHashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      require(parser.nextToken() == JsonToken.START_OBJECT, text);
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        require(parser.nextToken().isNumeric(), text);
        members.put(name, parser.getDoubleValue());
      }
      require(parser.currentToken() == JsonToken.END_OBJECT, text);
      require(parser.nextToken() == null, text);
    }
    return members;
  }

  private static void require(boolean condition, String text) {
    if (!condition) {
      throw new AssertionError("not one object of numbers: " + text);
    }
  }

  /** The members of the one object that a text is, with objects and arrays within. */
  static Map<String, Object> read(String text) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      require(parser.nextToken() == JsonToken.START_OBJECT, text);
      Map<String, Object> members = object(parser);
      require(parser.nextToken() == null, text);
      return members;
    }
  }

  private static Map<String, Object> object(JsonParser parser) {
    Map<String, Object> members = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      members.put(name, value(parser));
    }
    return members;
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser));
        }
        yield elements;
      }
      case VALUE_STRING -> parser.getString();
      default -> parser.getDoubleValue();
    };
  }
}
