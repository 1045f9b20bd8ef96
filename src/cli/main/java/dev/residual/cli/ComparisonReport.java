package dev.residual.cli;

import dev.residual.cli.output.Text;
import dev.residual.io.files.AtomicFile;
import dev.residual.train.Metrics;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a comparison writes: {@code table.md}, {@code errors.csv} with a line for each network and
 * epoch, and the picture {@code errors.png}.
 */
final class ComparisonReport {
  private static final String ROW = "| %-18s | %12s | %14s | %9s | %11s | %10s |";

  private final Path folder;
  private final String data;
  private final Console console;
  private final List<ComparisonRow> rows = new ArrayList<>();

  ComparisonReport(Path folder, String data, Console console) {
    this.folder = folder;
    this.data = data;
    this.console = console;
  }

  void add(ComparisonRow row) {
    rows.add(row);
  }

  /** Writes the files anew. */
  void write() throws IOException {
    write("table.md", table());
    write("errors.csv", errors());
    ErrorCurves.write(folder.resolve("errors.png"), data, rows, console);
  }

  private void write(String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.resolve(name), out -> out.write(bytes));
  }

  void print(PrintWriter out) {
    out.print(table());
    out.println("%s, errors.csv, errors.png".formatted(folder.resolve("table.md")));
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        line("network", "parameters", "multiply-adds", "time", "train error", "test error"));
    text.append(line("---", "---:", "---:", "---:", "---:", "---:"));
    for (ComparisonRow row : rows) {
      text.append(
          line(
              row.name(),
              Text.count(row.summary().parameters()),
              Text.count(row.summary().macs()),
              Text.duration(row.seconds()),
              Text.percent(row.trainError()),
              Text.percent(row.testError())));
    }
    return text.toString();
  }

  private static String line(Object... cells) {
    return Text.format(ROW, cells) + "\n";
  }

  private String errors() {
    StringBuilder text = new StringBuilder("network,epoch,learning_rate,train_loss,");
    text.append("train_error,test_error,seconds\n");
    for (ComparisonRow row : rows) {
      for (Metrics m : row.metrics()) {
        text.append(row.name())
            .append(
                ",%d,%s,%s,%s,%s,%s\n"
                    .formatted(
                        m.epoch(),
                        m.learningRate(),
                        m.trainLoss(),
                        1 - m.trainTop1(),
                        1 - m.testTop1(),
                        m.seconds()));
      }
    }
    return text.toString();
  }
}
