package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.cli.report.EvaluationFiles;
import dev.residual.cli.report.ReportPage;
import dev.residual.io.data.DataSet;
import dev.residual.io.training.TrainingFolder;
import dev.residual.train.Accuracy;
import dev.residual.train.Predictions;
import java.io.IOException;
import java.nio.file.Path;

/** A folder for what there is to see of an evaluation, which replaces no other results. */
record EvaluationReport(TrainingFolder folder) implements AutoCloseable {

  /** Makes the folder, if there is none. */
  static EvaluationReport in(Path path) throws IOException {
    TrainingFolder folder = new TrainingFolder(path);
    if (folder.results().isEmpty()) {
      return new EvaluationReport(folder);
    }
    folder.close();
    throw new Failure(
        "%s would be replaced: choose another --report, or delete it"
            .formatted(folder.results().getFirst()));
  }

  /**
   * Writes all files.
   *
   * @param title what is evaluated on what
   * @param seconds the time that the evaluation took
   */
  void write(String title, DataSet set, Accuracy accuracy, Predictions predictions, double seconds)
      throws IOException {
    ReportPage page =
        new ReportPage(title)
            .paragraph(
                "top-1 %s, top-5 %s of %d images"
                    .formatted(
                        Text.percent(accuracy.top1Rate()),
                        Text.percent(accuracy.top5Rate()),
                        accuracy.images()));
    EvaluationFiles.of(set, predictions).write(folder.path(), page);
    page.section("Machine and time").facts(MachineFacts.with("evaluation", Text.duration(seconds)));
    page.write(folder.report());
  }

  @Override
  public void close() {
    folder.close();
  }
}
