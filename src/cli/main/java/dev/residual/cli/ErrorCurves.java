package dev.residual.cli;

import dev.residual.train.Metrics;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The picture of a comparison: training error (dashed) and test error (bold) of each network
 * against the epoch, as Figure 6 of "Deep Residual Learning".
 */
final class ErrorCurves {
  private static final float[] DASHES = {6, 5};
  private static final Color[] COLORS = {
    new Color(0x1F77B4),
    new Color(0xD62728),
    new Color(0x2CA02C),
    new Color(0xFF7F0E),
    new Color(0x9467BD),
    new Color(0x17BECF),
    new Color(0x8C564B),
    new Color(0x7F7F7F)
  };

  private ErrorCurves() {}

  /** Draws into a PNG file as {@link Curve} does. */
  static void write(Path file, String title, List<ComparisonRow> rows, Console console)
      throws IOException {
    Curve.write(file, () -> chart(title, rows), console);
  }

  private static XYChart chart(String title, List<ComparisonRow> rows) {
    XYChart chart =
        new XYChartBuilder()
            .width(1000)
            .height(680)
            .title(title)
            .xAxisTitle("epoch")
            .yAxisTitle("error, %")
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setYAxisMin(0, 0.0);
    for (int i = 0; i < rows.size(); i++) {
      Color color = COLORS[i % COLORS.length];
      ComparisonRow row = rows.get(i);
      add(chart, row.name() + ", training", row.metrics(), m -> 1 - m.trainTop1(), color)
          .setLineStyle(
              new BasicStroke(1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES, 0));
      add(chart, row.name() + ", test", row.metrics(), m -> 1 - m.testTop1(), color)
          .setLineStyle(new BasicStroke(2.4f));
    }
    return chart;
  }

  private static XYSeries add(
      XYChart chart,
      String name,
      List<Metrics> metrics,
      ToDoubleFunction<Metrics> error,
      Color color) {
    double[] epochs = metrics.stream().mapToDouble(Metrics::epoch).toArray();
    double[] errors = metrics.stream().mapToDouble(m -> 100 * error.applyAsDouble(m)).toArray();
    XYSeries series = chart.addSeries(name, epochs, errors);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    return series;
  }
}
