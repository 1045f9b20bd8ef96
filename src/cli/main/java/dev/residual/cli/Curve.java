package dev.residual.cli;

import dev.residual.cli.picture.PngFile;
import dev.residual.train.Metrics;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The picture of a training: loss and accuracy by epoch. */
final class Curve {
  private static final int LOSS = 0;
  private static final int ACCURACY = 1;

  /** The largest loss that is drawn as it is: an axis beyond all numbers has no end of marks. */
  private static final double MOST_LOSS = 1e6;

  private Curve() {}

  /**
   * Draws into a PNG file, which is replaced as a whole. A machine without fonts cannot draw; since
   * no training shall be lost by that, it is a note on the console.
   *
   * @return the picture, or null if there is none
   */
  static @Nullable BufferedImage write(
      Path file, String title, List<Metrics> metrics, Console console) throws IOException {
    return write(file, () -> chart(title, metrics), console);
  }

  /** Draws any chart likewise. */
  static @Nullable BufferedImage write(Path file, Supplier<XYChart> chart, Console console)
      throws IOException {
    BufferedImage picture;
    try {
      picture = BitmapEncoder.getBufferedImage(chart.get());
    } catch (RuntimeException | LinkageError | InternalError e) {
      console.note("note: " + file + " cannot be drawn on this machine: " + e);
      return null;
    }
    PngFile.write(file, picture);
    return picture;
  }

  private static XYChart chart(String title, List<Metrics> metrics) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(540)
            .title(title)
            .xAxisTitle("epoch")
            .yAxisTitle("loss")
            .build();
    chart.setYAxisGroupTitle(ACCURACY, "top-1, %");
    chart.getStyler().setYAxisGroupPosition(ACCURACY, YAxisPosition.Right);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setYAxisMin(LOSS, 0.0);
    chart.getStyler().setYAxisMin(ACCURACY, 0.0);
    chart.getStyler().setYAxisMax(ACCURACY, 100.0);
    double[] epochs = IntStream.rangeClosed(1, metrics.size()).asDoubleStream().toArray();
    add(chart, LOSS, "training loss", epochs, numbers(metrics, Metrics::trainLoss, MOST_LOSS));
    double[] trained = numbers(metrics, m -> 100 * m.trainTop1(), 100);
    add(chart, ACCURACY, "top-1 of training", epochs, trained);
    if (metrics.stream().noneMatch(m -> Double.isNaN(m.testTop1()))) {
      double[] held = numbers(metrics, m -> 100 * m.testTop1(), 100);
      add(chart, ACCURACY, "top-1 of images held out", epochs, held);
    }
    return chart;
  }

  /** The numbers of all epochs, from 0 to a limit; what is not a number stays so. */
  private static double[] numbers(
      List<Metrics> metrics, ToDoubleFunction<Metrics> number, double most) {
    return metrics.stream().mapToDouble(number).map(n -> Math.clamp(n, 0, most)).toArray();
  }

  private static void add(XYChart chart, int group, String name, double[] x, double[] y) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setYAxisGroup(group);
    series.setMarker(SeriesMarkers.CIRCLE);
  }
}
