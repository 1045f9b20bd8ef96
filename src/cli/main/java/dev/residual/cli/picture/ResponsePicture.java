package dev.residual.cli.picture;

import dev.residual.inspect.LayerResponse;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The responses of layers, in their order and sorted by size. It needs fonts. */
public final class ResponsePicture {
  private ResponsePicture() {}

  /** Draws responses, at least one. */
  public static BufferedImage draw(String title, List<LayerResponse> responses) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(500)
            .title(title)
            .xAxisTitle("3x3 layer")
            .yAxisTitle("standard deviation of the response")
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setYAxisMin(0.0);
    double[] layers = IntStream.rangeClosed(1, responses.size()).asDoubleStream().toArray();
    double[] ordered = responses.stream().mapToDouble(LayerResponse::deviation).toArray();
    double[] sorted = responses.stream().mapToDouble(r -> -r.deviation()).sorted().toArray();
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = -sorted[i];
    }
    chart.addSeries("in the order of the layers", layers, ordered).setMarker(SeriesMarkers.CIRCLE);
    chart.addSeries("sorted", layers, sorted).setMarker(SeriesMarkers.NONE);
    return BitmapEncoder.getBufferedImage(chart);
  }
}
