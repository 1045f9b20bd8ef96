package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the five most probable classes of images. */
@Command(name = "classify", description = "Prints the five most probable classes of images.")
final class Classify implements Callable<Integer> {
  private static final int BEST = 5;

  private final Console console;

  @Mixin ModelOption model;

  @Option(
      names = "--weights",
      paramLabel = "W",
      required = true,
      description = "A file .safetensors, .pth, .pt or .th.")
  Path weights;

  @Option(
      names = "--labels",
      paramLabel = "F",
      description = "Names of the classes: one on each line, or lines 'folder index'.")
  @Nullable Path labels;

  @Option(
      names = "--transform",
      paramLabel = "T",
      description = "resizeR-cropC, cropC or none; that of the network, if not given.")
  @Nullable String transform;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Files JPEG, PNG, BMP or GIF.")
  List<Path> images;

  @Mixin ExecutionOptions engine;

  @Spec CommandSpec spec;

  Classify(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    Evaluate.requireTransform(transform, spec);
    for (Path image : images) {
      if (Files.isDirectory(image)) {
        throw new Failure(image + " is a folder; classify takes image files");
      }
    }
    if (labels != null && Files.isDirectory(labels)) {
      throw new Failure(labels + " is a folder; --labels takes a text file");
    }
    TrainedModel trained = TrainedModel.read(model.network, weights, console);
    engine.requireIntegers(trained);
    Labels names =
        labels == null
            ? Labels.of(trained, console)
            : Labels.read(labels, trained.network().classes());
    Transform steps = trained.transform(transform);
    Classifier classifier = null;
    try {
      for (Path file : images) {
        Pixels image = steps.apply(ImageFile.read(file), new SplittableRandom(0));
        if (classifier == null || !classifier.takes(image)) {
          if (classifier != null) {
            classifier.close();
          }
          classifier =
              new Classifier(engine, engine.backend(), trained, image.height(), image.width());
        }
        print(file.toString(), classifier.best(image, BEST), names, spec.commandLine().getOut());
      }
    } finally {
      if (classifier != null) {
        classifier.close();
      }
    }
    return 0;
  }

  static void print(String title, List<Classifier.Guess> guesses, Labels names, PrintWriter out) {
    out.println(Text.line(title));
    for (Classifier.Guess guess : guesses) {
      out.println(
          Text.format(
              "  %6.2f %%  %s",
              100 * guess.probability(), Text.line(names.names().get(guess.number()))));
    }
  }
}
