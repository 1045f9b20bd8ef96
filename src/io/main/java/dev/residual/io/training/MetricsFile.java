package dev.residual.io.training;

import dev.residual.io.files.AtomicFile;
import dev.residual.io.files.FileErrors;
import dev.residual.train.Metrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The metrics of a training as comma-separated values: a line of names, then a line an epoch.
 *
 * <p>Numbers are written so that reading gives the same bits; what is not known is left empty.
 */
public final class MetricsFile {
  private static final String HEADER =
      "epoch,learning_rate,train_loss,train_top1,test_top1,test_top5,images_per_second,seconds";

  private MetricsFile() {}

  /**
   * Replaces a file, as a whole or not at all.
   *
   * @throws IOException naming the file, if it cannot be written
   */
  public static void write(Path file, List<Metrics> metrics) throws IOException {
    byte[] bytes = format(metrics).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(bytes));
  }

  /**
   * The metrics of a file.
   *
   * @throws IOException naming the file, if it is missing or malformed
   */
  public static List<Metrics> read(Path file) throws IOException {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  static String format(List<Metrics> metrics) {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    for (Metrics m : metrics) {
      text.append(m.epoch());
      double[] numbers = {
        m.learningRate(),
        m.trainLoss(),
        m.trainTop1(),
        m.testTop1(),
        m.testTop5(),
        m.imagesPerSecond(),
        m.seconds()
      };
      for (double number : numbers) {
        text.append(',').append(Double.isNaN(number) ? "" : String.valueOf(number));
      }
      text.append('\n');
    }
    return text.toString();
  }

  static List<Metrics> parse(String text) throws IOException {
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      throw new IOException("line 1 is not " + HEADER);
    }
    List<Metrics> metrics = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      try {
        metrics.add(row(lines.get(i)));
      } catch (NumberFormatException e) {
        throw new IOException(
            "line %d is %s, expected an epoch and seven numbers"
                .formatted(i + 1, FileErrors.quote(lines.get(i))),
            e);
      }
    }
    return metrics;
  }

  private static Metrics row(String line) {
    String[] cells = line.split(",", -1);
    if (cells.length != 8) {
      throw new NumberFormatException(cells.length + " cells");
    }
    return new Metrics(
        Integer.parseInt(cells[0]),
        number(cells[1]),
        number(cells[2]),
        number(cells[3]),
        number(cells[4]),
        number(cells[5]),
        number(cells[6]),
        number(cells[7]));
  }

  private static double number(String cell) {
    return cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
  }
}
