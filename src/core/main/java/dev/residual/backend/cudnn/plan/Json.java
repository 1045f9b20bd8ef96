package dev.residual.backend.cudnn.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON: objects as maps, arrays as lists, numbers as doubles, texts, truth values, and the
 * text {@code null}.
 */
final class Json {
  private static final int MOST_NESTED = 32;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /**
   * The members of an object.
   *
   * @throws IllegalArgumentException if the text is not an object
   */
  static Map<String, Object> object(String text) {
    Json json = new Json(text);
    json.space();
    if (json.peek() != '{') {
      throw json.failure("{");
    }
    Map<String, Object> members = json.members(0);
    json.space();
    if (json.at < text.length()) {
      throw json.failure("the end");
    }
    return members;
  }

  private IllegalArgumentException failure(String expected) {
    String found =
        at < text.length() ? text.substring(at, Math.min(text.length(), at + 20)) : "the end";
    return new IllegalArgumentException(
        "%s was expected at character %d, and there is %s".formatted(expected, at, found));
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') {
      at++;
    }
  }

  private boolean skip(char wanted) {
    space();
    boolean isThere = peek() == wanted;
    at += isThere ? 1 : 0;
    return isThere;
  }

  private void expect(char wanted) {
    if (!skip(wanted)) {
      throw failure(String.valueOf(wanted));
    }
  }

  private Map<String, Object> members(int depth) {
    Map<String, Object> members = new LinkedHashMap<>();
    expect('{');
    if (skip('}')) {
      return members;
    }
    do {
      space();
      String name = string();
      expect(':');
      members.put(name, value(depth));
    } while (skip(','));
    expect('}');
    return members;
  }

  private List<Object> elements(int depth) {
    List<Object> elements = new ArrayList<>();
    expect('[');
    if (skip(']')) {
      return elements;
    }
    do {
      elements.add(value(depth));
    } while (skip(','));
    expect(']');
    return elements;
  }

  private Object value(int depth) {
    if (depth > MOST_NESTED) {
      throw failure("less nesting");
    }
    space();
    return switch (peek()) {
      case '{' -> members(depth + 1);
      case '[' -> elements(depth + 1);
      case '"' -> string();
      default -> word();
    };
  }

  private Object word() {
    int begin = at;
    while (Character.isLetterOrDigit(peek()) || "+-.".indexOf(peek()) >= 0) {
      at++;
    }
    String word = text.substring(begin, at);
    switch (word) {
      case "true", "false" -> {
        return word.equals("true");
      }
      case "null" -> {
        return word;
      }
      default -> {
        if (!word.matches("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
          at = begin;
          throw failure("a value");
        }
        return Double.valueOf(word);
      }
    }
  }

  private String string() {
    if (peek() != '"') {
      throw failure("\"");
    }
    StringBuilder string = new StringBuilder();
    for (at++; peek() != '"'; at++) {
      if (at >= text.length()) {
        throw failure("\"");
      }
      string.append(peek() == '\\' ? escaped() : peek());
    }
    at++;
    return string.toString();
  }

  private char escaped() {
    at++;
    return switch (peek()) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case '"', '\\', '/' -> peek();
      case 'u' -> unicode();
      default -> throw failure("an escape");
    };
  }

  private char unicode() {
    String digits =
        text.substring(Math.min(at + 1, text.length()), Math.min(at + 5, text.length()));
    if (!digits.matches("[0-9A-Fa-f]{4}")) {
      throw failure("four digits");
    }
    at += 4;
    return (char) Integer.parseInt(digits, 16);
  }
}
