package dev.residual.io.images;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The parts of the text of an {@link Augmentation}.
 *
 * @param base the first
 * @param values those after it, by their names; empty where they have none
 */
record AugmentationParts(Augmentation.Base base, Map<String, String> values) {
  private static final Set<String> NAMED =
      Set.of(
          "flip", "translate", "jitter", "erase", "cutout", "mixup", "cutmix", "copies", "trivial");
  private static final String KNOWN =
      "expected standard, color, paper or none, and after it any of flip=alternating|random|none,"
          + " translate=N, trivial, jitter=X or jitter=B:C:S:H, erase=P or erase=P:noise,"
          + " cutout=N, mixup=A, cutmix=A, copies=N, joined by commas";

  static AugmentationParts of(String text) {
    String[] parts = text.split(",", -1);
    Map<String, String> values = new HashMap<>();
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", 2);
      if (!NAMED.contains(pair[0]) || (pair.length == 1) != pair[0].equals("trivial")) {
        throw unknown(text, parts[i], KNOWN);
      }
      if (values.put(pair[0], pair.length == 1 ? "" : pair[1]) != null) {
        throw unknown(text, parts[i], "it stands there twice");
      }
    }
    return new AugmentationParts(
        choice(Augmentation.Base.values(), text, parts[0], parts[0]), values);
  }

  private static IllegalArgumentException unknown(String text, String part, String expected) {
    return new IllegalArgumentException(
        "augmentation '%s': '%s' is not understood: %s".formatted(text, part, expected));
  }

  private static <E extends Enum<E>> E choice(E[] all, String text, String part, String name) {
    for (E one : all) {
      if (one.name().toLowerCase(Locale.ROOT).equals(name)) {
        return one;
      }
    }
    throw unknown(text, part, KNOWN);
  }

  Augmentation augmentation() {
    String flip = values.get("flip");
    return new Augmentation(
        base,
        flip == null ? base.flip() : choice(Flip.values(), flip, "flip=" + flip, flip),
        whole("translate", 0),
        values.containsKey("trivial"),
        jitter(),
        erasing(),
        new Cutout(whole("cutout", 0)),
        new Mixing(number("mixup"), number("cutmix")),
        whole("copies", 1));
  }

  private ColorJitter jitter() {
    String text = values.get("jitter");
    if (text == null) {
      return base.jitter();
    }
    String[] numbers = text.split(":", -1);
    double first = number("jitter", numbers[0]);
    return switch (numbers.length) {
      case 1 -> new ColorJitter(first, first, first, 0);
      case 4 ->
          new ColorJitter(
              first,
              number("jitter", numbers[1]),
              number("jitter", numbers[2]),
              number("jitter", numbers[3]));
      default -> throw wrong("jitter", "one number or four");
    };
  }

  private RandomErasing erasing() {
    String text = values.getOrDefault("erase", "0");
    boolean noise = text.endsWith(":noise");
    String number = noise ? text.substring(0, text.length() - ":noise".length()) : text;
    return new RandomErasing(number("erase", number), noise);
  }

  private double number(String name) {
    return number(name, values.getOrDefault(name, "0"));
  }

  private double number(String name, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw wrong(name, "a number");
    }
  }

  private int whole(String name, int absent) {
    String text = values.get(name);
    try {
      return text == null ? absent : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw wrong(name, "a whole number");
    }
  }

  private IllegalArgumentException wrong(String name, String expected) {
    return new IllegalArgumentException(
        "augmentation: %s=%s, expected %s".formatted(name, values.get(name), expected));
  }
}
