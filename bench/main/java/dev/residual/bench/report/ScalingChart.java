package dev.residual.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time of a training step against depth and against batch size in SVG, both axes logarithmic: a
 * straight line of slope one is linear cost.
 */
final class ScalingChart {
  private static final Pattern WORKLOAD = Pattern.compile("(resnet(\\d+)\\S*) *x *(\\d+)");
  private static final int SIZE = 320;
  private static final int MARGIN = 60;
  private static final List<String> COLORS =
      List.of("#1f6f8b", "#e07a5f", "#81b29a", "#6d597a", "#b56576", "#3d405b");

  private final StringBuilder body = new StringBuilder();
  private int left = MARGIN;

  private record Point(String network, int depth, int batch, Outcome outcome) {}

  private ScalingChart() {}

  static String of(Results results) {
    List<Point> points = new ArrayList<>();
    for (Outcome outcome : results.outcomes()) {
      Matcher matcher = WORKLOAD.matcher(outcome.param("workload"));
      if (outcome.benchmark().startsWith("Scaling")
          && !outcome.samples().isEmpty()
          && matcher.matches()) {
        points.add(
            new Point(
                matcher.group(1),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)),
                outcome));
      }
    }
    return new ScalingChart().draw(points);
  }

  private String draw(List<Point> points) {
    Map<String, List<Point>> depths = new LinkedHashMap<>();
    Map<String, List<Point>> batches = new LinkedHashMap<>();
    for (Point p : points) {
      String who =
          "%s, %s, %s threads"
              .formatted(
                  p.outcome.param("engine"),
                  p.outcome.param("precision"),
                  p.outcome.param("threads"));
      if (p.network.endsWith("-cifar") && p.batch == 32) {
        depths.computeIfAbsent(who, w -> new ArrayList<>()).add(p);
      }
      batches.computeIfAbsent(p.network + ", " + who, w -> new ArrayList<>()).add(p);
    }
    batches.values().removeIf(series -> series.size() < 2);
    panel("CIFAR networks, batch 32: layers", depths, p -> p.depth);
    panel("batch size", batches, p -> p.batch);
    int width = left + 160;
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            .formatted(width, SIZE + 2 * MARGIN + 110)
        + " font-family=\"sans-serif\" font-size=\"11\">\n"
        + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        + body
        + "</svg>\n";
  }

  private void panel(String title, Map<String, List<Point>> series, ToDoubleFunction<Point> x) {
    List<Point> all = series.values().stream().flatMap(List::stream).toList();
    if (all.isEmpty()) {
      return;
    }
    Axis across = Axis.of(all.stream().mapToDouble(x).toArray());
    Axis up = Axis.of(all.stream().mapToDouble(p -> p.outcome.median()).toArray());
    body.append(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/>%n"
            .formatted(left, MARGIN, SIZE, SIZE));
    text(left, MARGIN - 10, "ms a step against " + title);
    all.stream()
        .mapToDouble(x)
        .distinct()
        .forEach(
            v -> text(left + (int) (across.at(v) * SIZE) - 6, MARGIN + SIZE + 14, "" + (int) v));
    for (double tick = Math.pow(10, Math.ceil(Math.log10(up.low))); tick <= up.high; tick *= 10) {
      text(left - 42, MARGIN + SIZE - (int) (up.at(tick) * SIZE) + 4, number(tick));
    }
    int index = 0;
    for (Map.Entry<String, List<Point>> entry : series.entrySet()) {
      String color = COLORS.get(index % COLORS.size());
      StringBuilder path = new StringBuilder();
      entry.getValue().stream()
          .sorted(Comparator.comparingDouble(x))
          .forEach(
              p ->
                  path.append(
                      String.format(
                          Locale.ROOT,
                          "%.1f,%.1f ",
                          left + across.at(x.applyAsDouble(p)) * SIZE,
                          MARGIN + SIZE - up.at(p.outcome.median()) * SIZE)));
      body.append(
          "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n"
              .formatted(path.toString().strip(), color));
      int line = MARGIN + SIZE + 34 + 14 * index++;
      body.append(
          "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>%n"
              .formatted(left, line - 9, color));
      text(left + 15, line, entry.getKey());
    }
    left += SIZE + 2 * MARGIN;
  }

  private void text(int x, int y, String words) {
    body.append("<text x=\"%d\" y=\"%d\">%s</text>%n".formatted(x, y, words));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value).replaceFirst("\\.0+$", "");
  }

  /** A logarithmic axis. */
  private record Axis(double low, double high) {
    static Axis of(double... values) {
      double low = java.util.Arrays.stream(values).min().orElse(1);
      double high = java.util.Arrays.stream(values).max().orElse(10);
      return new Axis(low / 1.3, high * 1.3);
    }

    double at(double value) {
      return Math.log(value / low) / Math.log(high / low);
    }
  }
}
