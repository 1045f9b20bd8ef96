package dev.residual.cli;

import dev.residual.cli.output.Text;
import dev.residual.cli.picture.Lettering;
import dev.residual.cli.report.EvaluationFiles;
import dev.residual.cli.report.ReportPage;
import dev.residual.io.training.MetricsFile;
import dev.residual.io.training.TrainingFolder;
import dev.residual.train.Metrics;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The page of a training in its folder: written anew after an epoch unless that was seconds ago,
 * and at the end together with what there is to see of the last evaluation.
 */
final class TrainingPage implements TrainingListener {
  private static final int SECONDS = 10;
  private static final int MOST_TEXT = 300;
  private static final List<String> EPOCHS =
      List.of(
          "epoch",
          "learning rate",
          "loss",
          "top-1 of training",
          "top-1 held out",
          "top-5 held out",
          "images/s",
          "time");

  private final TrainingFolder folder;
  private final String title;
  private final Training training;
  private final Console console;
  private final LongSupplier nanos;
  private long next;

  /**
   * A page that is not written yet.
   *
   * @param title what is trained on what
   * @param nanos a clock
   */
  TrainingPage(
      TrainingFolder folder, String title, Training training, Console console, LongSupplier nanos) {
    this.folder = folder;
    this.title = title;
    this.training = training;
    this.console = console;
    this.nanos = nanos;
    next = nanos.getAsLong() + SECONDS * 1_000_000_000L;
  }

  @Override
  public void epoch(Metrics row) {
    boolean isLast = row.epoch() == training.epochs();
    if (isLast || nanos.getAsLong() - next < 0) {
      return;
    }
    try {
      ReportPage page = new ReportPage(model()).reloaded(SECONDS);
      page.paragraph("The training goes on, and browsers load this page anew.");
      begin(page, Lettering.isPossible());
      end(page);
    } catch (IOException e) {
      // The training is worth more than a view of it.
      console.warn(String.valueOf(e.getMessage()));
    }
    next = nanos.getAsLong() + SECONDS * 1_000_000_000L;
  }

  /** Writes the page and the files of the last evaluation. */
  void finish(EvaluationFiles evaluation) throws IOException {
    ReportPage page = new ReportPage(model());
    begin(page, true);
    evaluation.write(folder.path(), page);
    end(page);
  }

  private String model() {
    return training.settings().getOrDefault("model", "training");
  }

  private void begin(ReportPage page, boolean draws) throws IOException {
    List<Metrics> metrics = MetricsFile.read(folder.metrics());
    Metrics last = metrics.getLast();
    page.paragraph(title)
        .paragraph(
            "After epoch %d of %d: top-1 %s, top-5 %s of the images held out."
                .formatted(
                    last.epoch(),
                    training.epochs(),
                    Text.percent(last.testTop1()),
                    Text.percent(last.testTop5())));
    training
        .viewed()
        .ifPresent(
            viewed ->
                page.paragraph(
                    "By the mean of several views of each image (%s): top-1 %s, top-5 %s."
                        .formatted(
                            training.settings().get("test_views"),
                            Text.percent(viewed.top1Rate()),
                            Text.percent(viewed.top5Rate()))));
    BufferedImage curve = draws ? Curve.write(folder.curve(), model(), metrics, console) : null;
    if (curve != null) {
      page.picture("loss and accuracy by epoch", curve);
    }
    page.section("Epochs")
        .table(EPOCHS, metrics.reversed().stream().map(TrainingPage::row).toList());
  }

  private static List<String> row(Metrics m) {
    return List.of(
        String.valueOf(m.epoch()),
        Text.format("%.4g", m.learningRate()),
        Text.format("%.4f", m.trainLoss()),
        Text.percent(m.trainTop1()),
        Text.percent(m.testTop1()),
        Text.percent(m.testTop5()),
        Text.format("%.1f", m.imagesPerSecond()),
        Text.duration(m.seconds()));
  }

  private void end(ReportPage page) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>(training.settings());
    settings.replaceAll(
        (name, text) -> text.length() > MOST_TEXT ? text.substring(0, MOST_TEXT) + "…" : text);
    page.section("Settings").facts(settings);
    double seconds =
        MetricsFile.read(folder.metrics()).stream().mapToDouble(Metrics::seconds).sum();
    page.section("Machine and time").facts(MachineFacts.with("training", Text.duration(seconds)));
    page.write(folder.report());
  }
}
