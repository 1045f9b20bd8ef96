package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.io.Labels;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Part;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws what there is to see inside a network. */
@Command(
    name = "inspect",
    description =
        "Draws what there is to see inside a network: its first filters; of each image what the"
            + " blocks compute and what speaks for a class (Grad-CAM); of data how strongly each"
            + " 3x3 layer responds. It computes in f32.",
    sortOptions = false)
final class Inspect implements Callable<Integer> {
  private final Console console;

  @Mixin ModelOption model;

  @Option(
      names = "--weights",
      paramLabel = "W",
      description = "A file .safetensors, .pth, .pt or .th; an ONNX model has weights of its own.")
  @Nullable Path weights;

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "Images to measure the layers on, as evaluate takes them.")
  @Nullable String data;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many of --data to take at most (default: ${DEFAULT-VALUE}).")
  int most;

  @Option(
      names = "--class",
      paramLabel = "C",
      description = "The name or number of the class to explain; the predicted one, if not given.")
  @Nullable String label;

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
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "inspect",
      description = "Folder of the pictures (default: ${DEFAULT-VALUE}).")
  Path out;

  @Mixin OrientationOption orientation;

  @Parameters(arity = "0..*", paramLabel = "IMAGE", description = "Files of images.")
  List<Path> images = List.of();

  @Mixin ExecutionOptions engine;

  @Spec CommandSpec spec;

  Inspect(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    OptionChecks.positive(spec, "--images", most);
    Evaluate.requireTransform(transform, spec);
    if (engine.precision != Precision.F32) {
      throw new ParameterException(spec.commandLine(), "inspect computes in f32");
    }
    TrainedModel trained = model.source.trained(weights, spec);
    trained.notes().forEach(console::warn);
    Explanation.requireFloats(trained);
    int classes = trained.architecture().classes();
    Labels names = labels == null ? Labels.of(trained) : Labels.read(labels, classes);
    names.notes().forEach(console::warn);
    Integer explained = label == null ? null : number(label, names.names());
    OutputFolder.make(out, "--out");
    Inspection inspection =
        new Inspection(
            trained,
            transform == null ? trained.transform() : Transforms.parse(transform),
            names.names(),
            engine,
            out,
            spec.commandLine().getOut());
    inspection.drawFilters();
    inspection.look(images, orientation.orientation(), explained, console);
    if (data != null) {
      int side = trained.architecture().height();
      try (DataSet set =
              DataSets.open(data, Part.TEST, side, orientation.orientation(), console::warn);
          DataSet some = DataSets.spread(set, most)) {
        inspection.measure(some, console);
      }
    }
    return 0;
  }

  private static int number(String text, List<String> names) {
    int named = names.indexOf(text);
    if (named >= 0) {
      return named;
    }
    if (text.matches("\\d{1,9}") && Integer.parseInt(text) < names.size()) {
      return Integer.parseInt(text);
    }
    throw new Failure(
        "--class %s is none of the %d classes: expected a name, or a number from 0 to %d"
            .formatted(Text.line(text), names.size(), names.size() - 1));
  }
}
