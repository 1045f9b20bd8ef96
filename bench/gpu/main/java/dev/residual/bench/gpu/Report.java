package dev.residual.bench.gpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run found.
 *
 * @param machine what it ran on, by name
 * @param parts in the order they ran in
 */
record Report(Map<String, Object> machine, List<Entry> parts) {

  /**
   * A part.
   *
   * @param seconds that it took
   */
  record Entry(String name, Finding finding, double seconds) {}

  boolean isPassed() {
    return parts.stream().noneMatch(part -> part.finding().status() == Finding.Status.FAILED);
  }

  String json() {
    List<Map<String, Object>> entries = new ArrayList<>();
    for (Entry part : parts) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", part.name());
      entry.put("status", word(part));
      entry.put("seconds", part.seconds());
      entry.put("summary", part.finding().summary());
      entry.put("figures", part.finding().rows());
      entries.add(entry);
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("machine", machine);
    report.put("passed", isPassed());
    report.put("parts", entries);
    return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n";
  }

  /** A table of the parts, and one of the figures of each. */
  String markdown() {
    StringBuilder text = new StringBuilder("# GPU test\n\n");
    machine.forEach((name, value) -> text.append("- %s: %s%n".formatted(name, value)));
    text.append('\n');
    row(text, List.of("part", "result", "seconds", "found"));
    row(text, List.of("---", "---", "---", "---"));
    for (Entry part : parts) {
      row(text, List.of(part.name(), word(part), part.seconds(), part.finding().summary()));
    }
    for (Entry part : parts) {
      List<Map<String, Object>> rows = part.finding().rows();
      if (!rows.isEmpty()) {
        text.append("\n## %s%n%n".formatted(part.name()));
        row(text, rows.getFirst().keySet());
        row(text, rows.getFirst().keySet().stream().map(name -> "---").toList());
        rows.forEach(figures -> row(text, figures.values()));
      }
    }
    return text.toString();
  }

  static String word(Entry part) {
    return part.finding().status().name().toLowerCase(Locale.ROOT);
  }

  private static void row(StringBuilder text, Iterable<?> cells) {
    List<String> words = new ArrayList<>();
    cells.forEach(cell -> words.add(cell(cell)));
    text.append(words.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  private static String cell(@Nullable Object value) {
    if (value instanceof Double number) {
      return number.isNaN()
          ? "-"
          : String.format(Locale.ROOT, number < 100 ? "%.2f" : "%.0f", number);
    }
    return String.valueOf(value).replace("|", "\\|");
  }
}
