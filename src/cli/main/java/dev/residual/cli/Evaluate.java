package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Json;
import dev.residual.cli.output.Text;
import dev.residual.io.data.ClassIndex;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Part;
import dev.residual.io.images.Interpolation;
import dev.residual.io.images.TestViews;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.images.Views;
import dev.residual.io.weights.TrainedModel;
import dev.residual.train.Accuracy;
import dev.residual.train.Evaluator;
import dev.residual.train.Predictions;
import dev.residual.train.ViewEvaluator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Counts the images of a data set that a trained network classifies correctly. */
@Command(
    name = "evaluate",
    description = "Counts the images of a data set that a trained network classifies correctly.")
final class Evaluate implements Callable<Integer> {
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
      required = true,
      description = {
        "'shapes', a folder or .zip with one folder of images a class (below test/ or val/, if"
            + " there are such), or a folder of CIFAR-10 binary batches."
      })
  String data;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "Images of a step (default: ${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = "--transform",
      paramLabel = "T",
      description =
          "resizeR-cropC[-bicubic], cropC, IMAGENET1K_V1, IMAGENET1K_V2 or none; that of the"
              + " weights, if not given.")
  @Nullable String transform;

  @Mixin OrientationOption orientation;

  @Option(
      names = "--ten-crop",
      description =
          "Average what the network says of the corners and the middle of an image, as they are"
              + " and mirrored; the sides are those of a transform resizeR-cropC.")
  boolean tenCrop;

  @Option(names = "--flip", description = "Average what it says of an image and its mirror image.")
  boolean flip;

  @Option(
      names = "--shifts",
      description =
          "Average what it says of an image and, with half the weight, of the image moved by a"
              + " pixel to two sides, as they are and mirrored.")
  boolean shifts;

  @Option(
      names = "--scales",
      paramLabel = "S",
      split = ",",
      description =
          "Average what it says of the squares at the ends and in the middle of an image resized to"
              + " these shorter sides, as they are and mirrored: 224,256,384,480,640 in the paper.")
  List<Integer> scales = List.of();

  @Option(
      names = "--classes",
      paramLabel = "F",
      description = "Lines 'folder index'; without it, sorted folders are the classes 0, 1, 2...")
  @Nullable Path classes;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "Write report.html, tables and pictures there: accuracy by class, confusion matrix, the"
              + " images with the highest loss.")
  @Nullable Path report;

  @Option(names = "--json", description = "Print a JSON object.")
  boolean json;

  @Mixin ExecutionOptions engine;

  @Spec CommandSpec spec;

  Evaluate(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    OptionChecks.positive(spec, "--batch", batch);
    requireTransform(transform, spec);
    requireOneKindOfViews();
    try (EvaluationReport place = report == null ? null : EvaluationReport.in(report)) {
      evaluate(place);
    }
    return 0;
  }

  private void evaluate(@Nullable EvaluationReport place) throws IOException {
    TrainedModel trained = model.source.trained(weights, spec);
    trained.notes().forEach(console::warn);
    try (DataSet files =
            DataSets.open(
                data,
                Part.TEST,
                trained.architecture().height(),
                orientation.orientation(),
                console::warn);
        DataSet set = labelled(files, trained)) {
      Transform steps = transform == null ? trained.transform() : Transforms.parse(transform);
      List<Views> views = views(steps);
      if (!views.isEmpty()) {
        run(new ViewEvaluation(trained, views, batch, engine), set, place);
        return;
      }
      int size = Math.min(batch, set.size());
      LoaderOptions options =
          LoaderOptions.evaluation(size)
              .withThreads(engine.options().threads())
              .withCacheBytes(0)
              .withNormalization(trained.card().normalization());
      Loader loader = new Loader(set, steps, options);
      TrainedModel fitting = trained.input(loader.shape().dim(2), loader.shape().dim(3));
      try (Evaluator evaluator =
          Evaluator.of(
              engine.backend(),
              fitting.architecture().inference(size),
              fitting.weights(),
              engine.options(),
              engine.dtype())) {
        run(evaluator, loader, set, place);
      }
    }
  }

  private void requireOneKindOfViews() {
    if (Stream.of(!scales.isEmpty(), tenCrop, flip, shifts).filter(given -> given).count() > 1) {
      throw new ParameterException(
          spec.commandLine(), "only one of --scales, --ten-crop, --flip and --shifts is possible");
    }
    if (!scales.isEmpty() && transform != null) {
      throw new ParameterException(spec.commandLine(), "--scales goes without --transform");
    }
    for (int scale : scales) {
      OptionChecks.between(spec, "--scales", scale, 1, Transforms.MAX_SIDE);
    }
  }

  /** The views of each image whose scores are averaged, none if only one is classified. */
  private List<Views> views(Transform steps) {
    try {
      if (tenCrop) {
        return List.of(Views.tenCrop(steps));
      }
      if (flip || shifts) {
        return List.of((flip ? TestViews.FLIP : TestViews.SHIFTS).of(steps));
      }
    } catch (IllegalArgumentException e) {
      String option = tenCrop ? "--ten-crop: " : flip ? "--flip: " : "--shifts: ";
      throw new ParameterException(spec.commandLine(), option + e.getMessage(), e);
    }
    Interpolation interpolation = Interpolation.of(steps);
    return scales.stream().map(scale -> Views.scale(scale, interpolation)).toList();
  }

  /** Refuses an unknown text. */
  static void requireTransform(@Nullable String transform, CommandSpec spec) {
    if (transform != null) {
      try {
        Transforms.parse(transform);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
    }
  }

  private DataSet labelled(DataSet set, TrainedModel trained) throws IOException {
    int outputs = trained.architecture().classes();
    List<String> names = trained.card().classes();
    DataSet labelled = set;
    if (classes != null) {
      labelled = ClassIndex.read(classes).relabel(set);
    } else if (!names.isEmpty() && !set.classes().equals(names)) {
      // The file knows its classes by name: some of them, or another order, are no mistake.
      Map<String, Integer> index = new HashMap<>();
      for (int i = 0; i < names.size(); i++) {
        index.put(names.get(i), i);
      }
      for (String name : set.classes()) {
        if (!index.containsKey(name)) {
          throw new Failure(
              "%s: the class '%s' is not among the %d that %s names; --classes F says which it is"
                  .formatted(data, name, names.size(), trained.file()));
        }
      }
      labelled = new ClassIndex(index).relabel(set);
    } else if (set.classes().size() < outputs) {
      console.note(
          ("note: the data have %d classes, the network %d: folders in sorted order are taken as"
                  + " the first of them; --classes F says otherwise")
              .formatted(set.classes().size(), outputs));
    }
    if (labelled.classes().size() > outputs) {
      throw new Failure(
          "%s has classes up to number %d, but %s is for %d"
              .formatted(data, labelled.classes().size() - 1, trained.file(), outputs));
    }
    return labelled;
  }

  private void run(ViewEvaluation evaluation, DataSet set, @Nullable EvaluationReport place)
      throws IOException {
    long all = (long) set.size() * evaluation.views();
    TimeLeft time = new TimeLeft(all);
    ViewEvaluator evaluator;
    try (Progress progress = Progress.of(console, "evaluate", all)) {
      evaluator = evaluation.run(set, time, progress);
    }
    finish(evaluator.accuracy(), time.seconds(), set, evaluator::predictions, place);
  }

  private void run(
      Evaluator evaluator, Loader loader, DataSet set, @Nullable EvaluationReport place)
      throws IOException {
    TimeLeft time = new TimeLeft(loader.images());
    Accuracy accuracy;
    try (Progress progress = Progress.of(console, "evaluate", loader.images())) {
      accuracy =
          evaluator.evaluate(
              loader,
              batches -> {
                long done = Math.min((long) batches * loader.shape().dim(0), loader.images());
                progress.report(done, time.after(done));
              });
    }
    finish(accuracy, time.seconds(), set, evaluator::predictions, place);
  }

  private void finish(
      Accuracy accuracy,
      double seconds,
      DataSet set,
      Supplier<Predictions> predictions,
      @Nullable EvaluationReport place)
      throws IOException {
    print(accuracy, seconds);
    if (place != null) {
      String title = model.source.name() + " on " + data;
      place.write(title, set, accuracy, predictions.get(), seconds);
    }
  }

  private void print(Accuracy accuracy, double seconds) {
    double speed = accuracy.images() / seconds;
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Number> members = new LinkedHashMap<>();
      members.put("images", accuracy.images());
      members.put("top1", accuracy.top1());
      members.put("top5", accuracy.top5());
      members.put("imagesPerSecond", speed);
      out.println(Json.object(members));
    } else {
      out.println("images  " + accuracy.images());
      out.println("top-1   " + accuracy.top1() + ", " + Text.percent(accuracy.top1Rate()));
      out.println("top-5   " + accuracy.top5() + ", " + Text.percent(accuracy.top5Rate()));
      out.println("speed   " + Text.speed(speed));
    }
  }
}
