package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.engine.Backend;
import dev.residual.io.training.Checkpoint;
import dev.residual.io.training.TrainingFolder;
import dev.residual.nn.ImageNetwork;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains a network. */
@Command(
    name = "train",
    description =
        "Trains a network on images. The folder gets weights (model.safetensors), a checkpoint to"
            + " resume from, metrics.csv, events for TensorBoard, and report.html with the tables"
            + " and pictures that it shows: curve, accuracy by class, confusion matrix, the images"
            + " with the highest loss.",
    sortOptions = false)
final class Train implements Callable<Integer> {
  private final Console console;

  @Mixin ModelOption model;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the results; runs/MODEL, if not given.")
  @Nullable Path out;

  @Option(
      names = "--resume",
      description = "Go on from the checkpoint in DIR, with the same settings.")
  boolean resume;

  @Option(
      names = "--weights",
      paramLabel = "W",
      description = "Begin with these weights; another number of classes gets a new head.")
  @Nullable Path weights;

  @Mixin TrainingOptions options;

  @Mixin DistributionOptions distribution;

  @Spec CommandSpec spec;

  Train(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    ImageNetwork chosen = model.source.network();
    options.check(chosen, weights);
    distribution.check();
    try (Processes processes = distribution.open(console)) {
      // The backend first: what it lacks is said before anything is read or made.
      processes.run(() -> train(chosen, distribution.backend(options.engine), processes));
    }
    return 0;
  }

  private void train(ImageNetwork chosen, Backend backend, Processes processes) throws IOException {
    Console shown = processes.console(console);
    try (DataParts data = options.open(options.size(chosen), shown)) {
      ReportedTraining training =
          options.training(chosen, weights, data, resume, "--resume goes on", processes);
      if (!processes.isFirst()) {
        training.follow(backend, shown);
        return;
      }
      try (TrainingFolder folder = folder(data)) {
        print(folder, training.run(backend, folder, shown), data.test().size());
      }
    }
  }

  private TrainingFolder folder(DataParts data) throws IOException {
    data.requireClasses();
    Path place = out != null ? out : Path.of("runs", model.source.name());
    if (Files.isDirectory(place) && !Files.isWritable(place)) {
      throw new Failure(place + ": permission denied; choose another --out");
    }
    TrainingFolder folder = new TrainingFolder(place).keepingBest(options.best);
    try {
      if (!resume) {
        requireNew(folder);
      }
      return folder;
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** A training replaces no results of another one. */
  private static void requireNew(TrainingFolder folder) throws IOException {
    if (folder.isResumable()) {
      TrainingState state = checkpoint(folder);
      throw new Failure(
          state.isComplete()
              ? "%s is of a training that is complete: choose another --out, or delete it"
                  .formatted(folder.checkpoint())
              : "%s is of a training that stopped in epoch %d of %s: go on with --resume, choose another"
                      .formatted(
                          folder.checkpoint(),
                          state.epoch() + 1,
                          state.settings().getOrDefault("epochs", "?"))
                  + " --out, or delete it");
    }
    if (!folder.results().isEmpty()) {
      throw new Failure(
          "%s would be replaced: choose another --out, or delete it"
              .formatted(folder.results().getFirst()));
    }
  }

  private static TrainingState checkpoint(TrainingFolder folder) throws IOException {
    try {
      return Checkpoint.read(folder.checkpoint());
    } catch (IOException e) {
      throw new Failure(e.getMessage() + "; delete it, or choose another --out", e);
    }
  }

  private void print(TrainingFolder folder, Trained trained, int images) {
    var out = spec.commandLine().getOut();
    out.println(
        "top-1 %s, top-5 %s of %d images held out"
            .formatted(Text.percent(trained.top1()), Text.percent(trained.top5()), images));
    out.println("%s, %s".formatted(folder.model(), folder.report().getFileName()));
  }
}
