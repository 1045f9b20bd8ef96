package dev.residual.backend.cudnn.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An engine of cuDNN and its settings: what a plan is made of, as it is kept on disk.
 *
 * @param engine the engine's global index
 * @param knobs the settings, by their type
 */
record EngineChoice(long engine, List<Knob> knobs) {
  private static final Pattern TEXT =
      Pattern.compile("engine (\\d{1,9})((?: \\d{1,9}:-?\\d{1,18})*)");

  /** The value of one setting, {@code cudnnBackendKnobType_t}. */
  record Knob(int type, long value) {}

  EngineChoice {
    knobs = knobs.stream().sorted(Comparator.comparingInt(Knob::type)).toList();
  }

  /** Reads what {@link #toString} wrote; empty if the text is something else. */
  static Optional<EngineChoice> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    List<Knob> knobs = new ArrayList<>();
    for (String knob : matcher.group(2).split(" ", -1)) {
      int colon = knob.indexOf(':');
      if (colon > 0) {
        knobs.add(
            new Knob(
                Integer.parseInt(knob.substring(0, colon)),
                Long.parseLong(knob.substring(colon + 1))));
      }
    }
    return Optional.of(new EngineChoice(Long.parseLong(matcher.group(1)), knobs));
  }

  /** As {@code engine 38 2:14 13:1}: each setting's type and value. */
  @Override
  public String toString() {
    return knobs.stream()
        .map(knob -> " " + knob.type() + ":" + knob.value())
        .collect(Collectors.joining("", "engine " + engine, ""));
  }
}
