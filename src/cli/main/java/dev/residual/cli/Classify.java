package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.Labels;
import dev.residual.io.Prediction;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.TrainedModel;
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
      description = "A file .safetensors, .pth, .pt or .th; an ONNX model has weights of its own.")
  @Nullable Path weights;

  @Option(
      names = "--labels",
      paramLabel = "F",
      description = "Names of the classes: one on each line, or lines 'folder index'.")
  @Nullable Path labels;

  @Option(
      names = "--transform",
      paramLabel = "T",
      description =
          "resizeR-cropC[-bicubic], cropC, IMAGENET1K_V1, IMAGENET1K_V2 or none; that of the"
              + " weights, if not given.")
  @Nullable String transform;

  @Option(
      names = "--explain",
      paramLabel = "DIR",
      description =
          "Write a picture of each image there, with what speaks for the first class laid over it"
              + " (Grad-CAM).")
  @Nullable Path explain;

  @Mixin OrientationOption orientation;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Files of images.")
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
    TrainedModel trained = model.source.trained(weights, spec);
    trained.notes().forEach(console::warn);
    Labels names =
        labels == null ? Labels.of(trained) : Labels.read(labels, trained.architecture().classes());
    names.notes().forEach(console::warn);
    ClassifierOptions options =
        ClassifierOptions.DEFAULT
            .withInference(engine.inference(1))
            .withBest(BEST)
            .withLabels(names.names())
            .withTransform(Transforms.none());
    Transform steps = transform == null ? trained.transform() : Transforms.parse(transform);
    if (explain != null) {
      Explanation.requireFloats(trained);
      OutputFolder.make(explain, "--explain");
    }
    ImageNames used = new ImageNames();
    Classifier classifier = null;
    Explanation explanation = null;
    try {
      for (Path file : images) {
        Pixels image =
            steps.apply(ImageFile.read(file, orientation.orientation()), new SplittableRandom(0));
        TrainedModel fitting = trained.input(image.height(), image.width());
        if (classifier == null
            || !classifier.model().architecture().equals(fitting.architecture())) {
          close(classifier, explanation);
          classifier = new Classifier(engine.backend(), fitting, options);
          explanation = explain == null ? null : new Explanation(fitting, names.names(), engine);
        }
        List<Prediction> best = classifier.classify(image);
        print(file.toString(), best, spec.commandLine().getOut());
        if (explanation != null && explain != null) {
          Path picture = explain.resolve(used.of(file) + "-gradcam.png");
          explanation.write(picture, image, best.getFirst().number());
          spec.commandLine().getOut().println("  " + Text.line(picture.toString()));
        }
      }
    } finally {
      close(classifier, explanation);
    }
    return 0;
  }

  private static void close(@Nullable Classifier classifier, @Nullable Explanation explanation) {
    if (classifier != null) {
      classifier.close();
    }
    if (explanation != null) {
      explanation.close();
    }
  }

  static void print(String title, List<Prediction> best, PrintWriter out) {
    out.println(Text.line(title));
    for (Prediction prediction : best) {
      out.println(
          Text.format(
              "  %6.2f %%  %s", 100 * prediction.probability(), Text.line(prediction.label())));
    }
  }
}
