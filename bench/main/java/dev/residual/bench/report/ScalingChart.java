package dev.residual.bench.report;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time of a training step against depth and against batch size in SVG, both axes logarithmic.
 * Beside each line a dashed one shows what it would be if all cost as much for each layer or image
 * as the largest.
 */
final class ScalingChart {
  private static final Pattern WORKLOAD = Pattern.compile("(resnet(\\d+)\\S*) *x *(\\d+)");
  private static final int SIZE = 320;
  private static final int MARGIN = 60;
  private static final int HEIGHT = SIZE + 2 * MARGIN + 70;
  private static final List<String> COLORS =
      List.of("#1f6f8b", "#e07a5f", "#81b29a", "#6d597a", "#b56576", "#3d405b");

  private final StringBuilder body = new StringBuilder();
  private int left = MARGIN;

  private record Point(String network, int depth, int batch, Outcome outcome) {}

  private ScalingChart() {}

  /** The chart, or nothing if no scaling was measured. */
  static Optional<String> of(Results results) {
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
    return points.isEmpty() ? Optional.empty() : Optional.of(new ScalingChart().draw(points));
  }

  private String draw(List<Point> points) {
    Map<String, List<Point>> depths = new LinkedHashMap<>();
    Map<String, List<Point>> batches = new LinkedHashMap<>();
    for (Point p : points) {
      String who =
          "%s, %s"
              .formatted(
                  p.outcome.param("precision"),
                  p.outcome.param("threads").equals("1")
                      ? "1 thread"
                      : p.outcome.param("threads") + " threads");
      if (p.network.endsWith("-cifar") && p.batch == 32) {
        depths.computeIfAbsent(who, w -> new ArrayList<>()).add(p);
      }
      batches.computeIfAbsent(p.network + ", " + who, w -> new ArrayList<>()).add(p);
    }
    batches.values().removeIf(series -> series.size() < 2);
    panel("layers of a CIFAR network (32 images)", depths, p -> p.depth);
    panel("images", batches, p -> p.batch);
    text(MARGIN, HEIGHT - 12, "dashed: linear, as the right end of each line");
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            .formatted(left - MARGIN / 2, HEIGHT)
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
    text(left, MARGIN - 10, "milliseconds a training step, by " + title);
    all.stream()
        .mapToDouble(x)
        .distinct()
        .forEach(
            v -> text(left + (int) (across.at(v) * SIZE) - 6, MARGIN + SIZE + 14, "" + (int) v));
    for (double tick = Math.pow(10, Math.floor(Math.log10(up.low))); tick <= up.high; tick *= 10) {
      for (double line : new double[] {tick, 2 * tick, 5 * tick}) {
        if (line >= up.low && line <= up.high) {
          line("#ddd", left, y(up, line), left + SIZE, y(up, line), "");
          text(left - 42, (int) y(up, line) + 4, number(line));
        }
      }
    }
    int index = 0;
    for (Map.Entry<String, List<Point>> entry : series.entrySet()) {
      String color = COLORS.get(index % COLORS.size());
      List<Point> sorted = entry.getValue().stream().sorted(Comparator.comparingDouble(x)).toList();
      StringBuilder path = new StringBuilder();
      for (Point p : sorted) {
        double px = left + across.at(x.applyAsDouble(p)) * SIZE;
        double py = y(up, p.outcome.median());
        path.append(String.format(Locale.ROOT, "%.1f,%.1f ", px, py));
        body.append(
            String.format(
                Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
                px,
                py,
                color));
      }
      body.append(
          "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n"
              .formatted(path.toString().strip(), color));
      Point last = sorted.getLast();
      double slope = last.outcome.median() / x.applyAsDouble(last);
      // From where it enters the panel.
      double first = Math.max(x.applyAsDouble(sorted.getFirst()), up.low / slope);
      line(
          color,
          left + across.at(first) * SIZE,
          y(up, slope * first),
          left + across.at(x.applyAsDouble(last)) * SIZE,
          y(up, last.outcome.median()),
          " stroke-dasharray=\"3 3\"");
      int line = MARGIN + SIZE + 34 + 14 * index++;
      body.append(
          "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>%n"
              .formatted(left, line - 9, color));
      text(left + 15, line, entry.getKey());
    }
    left += SIZE + 2 * MARGIN;
  }

  private static double y(Axis up, double value) {
    return MARGIN + SIZE - up.at(value) * SIZE;
  }

  private void line(String color, double x1, double y1, double x2, double y2, String more) {
    body.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"%s/>%n",
            x1,
            y1,
            x2,
            y2,
            color,
            more));
  }

  private void text(int x, int y, String words) {
    body.append("<text x=\"%d\" y=\"%d\">%s</text>%n".formatted(x, y, words));
  }

  private static String number(double value) {
    return new BigDecimal(String.format(Locale.ROOT, "%.2g", value))
        .stripTrailingZeros()
        .toPlainString();
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
