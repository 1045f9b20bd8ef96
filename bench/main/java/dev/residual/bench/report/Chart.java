package dev.residual.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The speeds of networks as bars in SVG, each group relative to its fastest. */
final class Chart {
  private static final List<String> COLORS =
      List.of("#1f6f8b", "#e07a5f", "#81b29a", "#f2cc8f", "#6d597a", "#b56576", "#3d405b", "#999");
  private static final int LEFT = 300;
  private static final int WIDTH = 420;
  private static final int BAR = 14;

  private final StringBuilder body = new StringBuilder();
  private final Map<String, String> colors = new LinkedHashMap<>();
  private int y = 16;

  private Chart() {}

  /** The chart, or nothing if no network was measured. */
  static Optional<String> of(Results results) {
    Map<String, List<Outcome>> groups = groups(results);
    return groups.isEmpty() ? Optional.empty() : Optional.of(new Chart().draw(groups));
  }

  private static Map<String, List<Outcome>> groups(Results results) {
    List<Outcome> networks =
        results.outcomes().stream()
            .filter(outcome -> outcome.benchmark().matches("(TrainingStep|Inference).*"))
            .filter(outcome -> !outcome.samples().isEmpty())
            .toList();
    int threads = networks.stream().mapToInt(Chart::threads).max().orElse(0);
    // Fewer threads are for the table of what threads gain.
    return networks.stream()
        .filter(outcome -> threads(outcome) == threads)
        .collect(Collectors.groupingBy(Chart::title, LinkedHashMap::new, Collectors.toList()));
  }

  private static int threads(Outcome outcome) {
    return Integer.parseInt(outcome.param("threads"));
  }

  private String draw(Map<String, List<Outcome>> groups) {
    groups.forEach(this::group);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"%d\"".formatted(y + 8)
        + " font-family=\"sans-serif\" font-size=\"11\">\n"
        + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        + body
        + "</svg>\n";
  }

  private static String title(Outcome outcome) {
    String threads = outcome.param("threads") + " threads";
    return "%s, %s, %s, %s"
        .formatted(
            outcome.benchmark().startsWith("Inference") ? "inference" : "training",
            outcome.param("workload").replace("x", "\u00d7"),
            outcome.param("precision"),
            outcome.device().isEmpty() ? threads : outcome.device());
  }

  private void group(String title, List<Outcome> outcomes) {
    double fastest = outcomes.stream().mapToDouble(Chart::speed).max().orElse(1);
    text(8, y + 11, title);
    for (Outcome outcome : outcomes) {
      String framework = outcome.param("framework");
      String color =
          colors.computeIfAbsent(framework, e -> COLORS.get(colors.size() % COLORS.size()));
      double width = speed(outcome) / fastest * WIDTH;
      body.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
              LEFT,
              y,
              width,
              BAR - 2,
              color));
      text(
          LEFT + (int) width + 5,
          y + 10,
          "%s %s images/s".formatted(framework, Outcome.text(speed(outcome))));
      y += BAR;
    }
    y += 8;
  }

  private static double speed(Outcome outcome) {
    return outcome.speed(outcome.median());
  }

  private void text(int x, int baseline, String words) {
    body.append("<text x=\"%d\" y=\"%d\">%s</text>%n".formatted(x, baseline, words));
  }
}
