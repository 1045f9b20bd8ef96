package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.cli.picture.PngFile;
import dev.residual.engine.Backend;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transforms;
import dev.residual.io.training.ImageTraining;
import dev.residual.io.training.TrainingFolder;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.ResNet;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows in two minutes what the program does. */
@Command(
    name = "demo",
    description =
        "Trains resnet20-cifar on drawn shapes for at most two minutes, and shows what it learnt.")
final class Demo implements Callable<Integer> {
  private static final int SIDE = 32;
  private static final int BATCH = 32;
  private static final int EPOCHS = 10;
  private static final int HELD_OUT = 1000;
  private static final int MOST_IMAGES = 20_000;
  private static final int DRAWN = 5;
  private static final int GUESSES = 3;

  /** A setting that tells the results of a demonstration from those of trainings. */
  private static final String BEGUN_BY = "begun_by";

  private static final String SELF = "demo";

  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs/demo",
      description = "Folder of the results (default: ${DEFAULT-VALUE}).")
  Path out;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "75",
      description = "Time to train, about (default: ${DEFAULT-VALUE}).")
  int seconds;

  @Mixin ExecutionOptions engine;

  @Spec CommandSpec spec;

  Demo(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    OptionChecks.positive(spec, "--seconds", seconds);
    try (TrainingFolder folder = new TrainingFolder(out)) {
      requireDemonstration(folder);
      train(folder);
    }
    return 0;
  }

  /** Demonstrations replace each other, and nothing else. */
  private void requireDemonstration(TrainingFolder folder) throws IOException {
    if (folder.results().isEmpty()) {
      return;
    }
    if (!SELF.equals(folder.settings().get(BEGUN_BY))) {
      throw new Failure(
          "%s is of no demonstration and would be replaced: choose another --out"
              .formatted(folder.results().getFirst()));
    }
    console.note("replacing what an earlier demonstration left in " + out);
  }

  private void train(TrainingFolder folder) throws IOException {
    Backend backend = engine.backend();
    ResNet network = ResNet.named("resnet20-cifar");
    console.note("measuring how fast this machine trains " + network.name() + " ...");
    int images = images(speed(network, backend));
    DrawnShapes shapes = new DrawnShapes(images, SIDE, 1);
    network = network.classes(shapes.classes().size());
    Schedule schedule = new Schedule.Cosine(0.02, 0, EPOCHS);
    Recipe recipe = new Recipe(EPOCHS, BATCH, new Sgd(0.9, 5e-4, true, true), schedule, 0);
    String title =
        "training on %d drawn images of 32x32 in %d classes, %d epochs, about %s; %s"
            .formatted(images, network.classes(), EPOCHS, Text.duration(seconds), engine);
    ReportedTraining training =
        new ReportedTraining(
            network,
            recipe,
            settings(network, recipe),
            shapes,
            new DrawnShapes(HELD_OUT, SIDE, 2),
            title,
            false,
            null);
    Trained trained = training.run(backend, folder, console);
    PrintWriter screen = spec.commandLine().getOut();
    screen.printf(
        "%nOf %d images that it has not seen, it tells %s right.%n",
        HELD_OUT, Text.percent(trained.top1()));
    classify(backend, folder, screen);
    explain(folder, screen);
  }

  private ImageTraining settings(ResNet network, Recipe recipe) {
    return ImageTraining.of(network)
        .recipe(recipe)
        // Drawn images differ enough by themselves: changing them by chance costs time to learn.
        .augmentation(Augmentation.NONE)
        .compilation(engine.options())
        .precision(engine.dtype())
        .checkpointsEvery(Double.POSITIVE_INFINITY)
        .remark(BEGUN_BY, SELF);
  }

  private Loader loader(DrawnShapes shapes, LoaderOptions options) throws IOException {
    return new Loader(
        shapes, Transforms.evaluation(SIDE), options.withThreads(engine.options().threads()));
  }

  /** Images of a training step that this machine does in a second, drawing included. */
  private double speed(ResNet network, Backend backend) throws IOException {
    Loader loader = loader(new DrawnShapes(BATCH * 14, SIDE, 1), LoaderOptions.training(BATCH));
    return StepSpeed.measure(network, backend, engine.options(), loader);
  }

  /** As many that all epochs, and the measuring after each, fit into the time. */
  private int images(double speed) {
    // Measuring is forward only, a third of the work.
    double inEpoch = speed * seconds / EPOCHS - HELD_OUT / 3.0;
    return (int) Math.clamp(inEpoch / BATCH, 4, MOST_IMAGES / (double) BATCH) * BATCH;
  }

  private void classify(Backend backend, TrainingFolder folder, PrintWriter screen)
      throws IOException {
    TrainedModel trained = TrainedModel.read(ResNet.named("resnet20-cifar"), folder.model());
    DrawnShapes unseen = new DrawnShapes(DRAWN * 2, SIDE, 3);
    Path pictures = Files.createDirectories(out.resolve("pictures"));
    ClassifierOptions options =
        ClassifierOptions.DEFAULT.withInference(engine.inference(1)).withBest(GUESSES);
    try (Classifier classifier = new Classifier(backend, trained, options)) {
      for (int i = 0; i < DRAWN; i++) {
        Pixels image = unseen.image(2 * i);
        String truth = unseen.classes().get(unseen.label(2 * i));
        Path file = pictures.resolve((i + 1) + "-" + truth + ".png");
        PngFile.write(file, image, 1);
        PngFile.write(pictures.resolve((i + 1) + "-" + truth + "-enlarged.png"), image, 8);
        Classify.print(file + ", drawn as " + truth, classifier.classify(image), screen);
      }
    }
  }

  private void explain(TrainingFolder folder, PrintWriter screen) {
    String residual = Program.command();
    screen.printf(
        """

        Report:   %s
        Weights:  %s

        Classify a picture with what it learnt:
          %s classify --model resnet20-cifar --weights %s %s
        Train on your own images, a folder or .zip with one folder for each class:
          %s train --model resnet18 --data YOUR_FOLDER --epochs 20 --out runs/mine
        """,
        folder.report(),
        folder.model(),
        residual,
        folder.model(),
        out.resolve("pictures").resolve("1-*.png").toString().replace("1-*", "1-" + first()),
        residual);
  }

  private static String first() {
    DrawnShapes unseen = new DrawnShapes(1, SIDE, 3);
    return unseen.classes().get(unseen.label(0));
  }
}
