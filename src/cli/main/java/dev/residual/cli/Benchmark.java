package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Json;
import dev.residual.cli.output.Text;
import dev.residual.cli.profile.ChromeTrace;
import dev.residual.cli.profile.Profile;
import dev.residual.cli.profile.ProfileTable;
import dev.residual.cli.profile.Roofline;
import dev.residual.engine.Backend;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.io.files.AtomicFile;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.Layout;
import dev.residual.train.Batch;
import dev.residual.train.Distribution;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how many images a network takes in a second. */
@Command(
    name = "benchmark",
    description = "Measures how many images a network takes in a second, without loading them.")
final class Benchmark implements Callable<Integer> {
  private final Console console;

  /** What is measured. */
  enum Mode {
    TRAIN,
    INFER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Mixin ModelOption model;

  @Option(
      names = "--batch",
      paramLabel = "N",
      required = true,
      description = "Images of a step, of all processes together.")
  int batch;

  @Option(
      names = "--mode",
      paramLabel = "train|infer",
      required = true,
      description = "Whole training steps, or forward only with folded normalisations.")
  Mode mode;

  @Option(
      names = "--input",
      paramLabel = "N",
      description = "Height and width of an image; that of the network, if not given.")
  @Nullable Integer input;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "30",
      description = "Steps to measure at most (default: ${DEFAULT-VALUE}).")
  int steps;

  @Option(
      names = "--seconds",
      paramLabel = "F",
      defaultValue = "10",
      description = "Time after which no further step begins (default: ${DEFAULT-VALUE}).")
  double seconds;

  @Option(
      names = "--int8",
      description = "With --mode infer: convolutions of 8-bit integers, as convert --int8 makes.")
  boolean int8;

  @Option(
      names = "--streams",
      paramLabel = "K",
      defaultValue = "1",
      description =
          "With --mode infer: batches at the same time, each in a session of --threads threads, by"
              + " default the container's shared out (default: ${DEFAULT-VALUE}).")
  int streams;

  @Option(names = "--json", description = "Print a JSON object.")
  boolean json;

  @Option(
      names = "--profile",
      description =
          "Record the operations of some more steps: print the time that each kind takes, beside "
              + "the limits of this machine, which takes a few seconds to measure.")
  boolean profiled;

  @Option(
      names = "--trace",
      paramLabel = "F",
      description = "Write the time line of these steps into this file, for Perfetto or Chrome.")
  @Nullable Path trace;

  @Mixin ExecutionOptions engine;

  @Mixin DistributionOptions distribution;

  @Spec CommandSpec spec;

  private @Nullable Profile profile;

  Benchmark(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    OptionChecks.positive(spec, "--batch", batch);
    OptionChecks.positive(spec, "--steps", steps);
    OptionChecks.notNegative(spec, "--seconds", seconds);
    OptionChecks.positive(spec, "--streams", streams);
    distribution.check();
    if (mode == Mode.TRAIN && (int8 || streams > 1)) {
      throw new ParameterException(spec.commandLine(), "--int8 and --streams go with --mode infer");
    }
    if (mode == Mode.INFER && distribution.transport != null) {
      throw new ParameterException(spec.commandLine(), "--distributed goes with --mode train");
    }
    if (trace != null) {
      AtomicFile.check(trace);
    }
    if (int8) {
      engine.requireIntegers("--int8");
    }
    ImageNetwork network = model.source.network();
    if (input != null) {
      OptionChecks.positive(spec, "--input", input);
      network = network.input(input, input);
    }
    ImageNetwork sized = network;
    try (Processes processes = distribution.open(console)) {
      processes.run(() -> measure(sized, distribution.backend(engine), processes));
    }
    return 0;
  }

  private void measure(ImageNetwork network, Backend backend, Processes processes)
      throws IOException {
    double[] times =
        mode == Mode.TRAIN ? train(network, backend, processes) : infer(network, backend);
    if (processes.isFirst()) {
      report(network, backend, processes, times);
    }
  }

  private void report(ImageNetwork network, Backend backend, Processes processes, double[] times)
      throws IOException {
    Arrays.sort(times);
    double median = (times[(times.length - 1) / 2] + times[times.length / 2]) / 2;
    String title =
        "%s, %dx%d, batch %d%s, %s%s, %s"
            .formatted(
                network.name(),
                network.height(),
                network.width(),
                batch,
                streams > 1 ? " in each of " + streams + " streams" : "",
                mode,
                int8 ? " in 8-bit integers" : "",
                engine.describe(processes));
    if (trace != null && profile != null) {
      new ChromeTrace(title, profile).write(trace);
    }
    ProfileTable table =
        profiled && profile != null
            ? new ProfileTable(profile, Roofline.measure(backend, engine.options(), profile))
            : null;
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.object(
              object -> {
                Json.number(object, "imagesPerSecond", streams * batch / median);
                if (table != null) {
                  table.write(object);
                }
              }));
    } else {
      out.println(title);
      out.println(
          Text.format(
              "%s: the median of %d steps is %.3f ms, from %.3f to %.3f",
              Text.speed(streams * batch / median),
              times.length,
              median * 1e3,
              times[0] * 1e3,
              times[times.length - 1] * 1e3));
      if (table != null) {
        table.print(out);
      }
    }
  }

  private double[] train(ImageNetwork network, Backend backend, Processes processes) {
    Communicator communicator = processes.communicator();
    Distribution shared =
        Distribution.of(communicator.size()).withSharedNorms(processes.sharedNorms());
    int part = shared.part(batch);
    Model model = network.training(part);
    Recipe recipe = new Recipe(1, batch, new Sgd(0.9, 1e-4), new Schedule.Constant(0), 0);
    TrainingGraph graph = TrainingGraph.of(model, recipe, false, engine.dtype(), shared);
    CompileOptions options = engine.options(processes).withCommunicator(communicator);
    try (Trainer trainer = new Trainer(backend, options, graph, network.firstWeights(0))) {
      MemorySegment labels = MemorySegment.ofArray(new int[part]);
      Batch images = new Batch(noise(model.images()), Layout.CHANNELS_LAST, labels, part);
      if (communicator.size() > 1) {
        // Others take as many steps.
        seconds = Double.POSITIVE_INFINITY;
      }
      // A small rate: noise teaches nothing, and numbers that overflow take another time.
      return measure(() -> trainer.step(images, 1e-4), processes.console(console));
    }
  }

  private double[] infer(ImageNetwork network, Backend backend) {
    Model model = network.inference(batch);
    Weights weights = network.firstWeights(0).of(model.graph());
    if (int8) {
      weights = QuantizedWeights.unmeasured(model.graph(), weights).toFile();
    }
    MemorySegment images = noise(model.images());
    CompileOptions options =
        engine.threads != null || streams == 1
            ? engine.options()
            : engine.options().withThreads(Math.max(1, engine.options().threads() / streams));
    Network compiled = Network.of(backend, model, weights, options, engine.dtype());
    try (SessionPool pool = compiled.pool(streams)) {
      Consumer<Session> step =
          session ->
              compiled.run(
                  session,
                  images,
                  Layout.CHANNELS_LAST,
                  MemorySegment.ofArray(new byte[(int) model.logits().bytes()]));
      if (streams == 1) {
        return measure(() -> step.accept(pool.first()), console);
      }
      // A step is a batch in each stream.
      return measure(() -> pool.forEach(step), console);
    }
  }

  /** Numbers like those of normalised images, always the same. */
  private static MemorySegment noise(Value images) {
    long elements = images.shape().elements();
    if (elements > 1 << 30) {
      throw new Failure(
          "%s is more than a step can be given here: use a smaller --batch or --input"
              .formatted(images));
    }
    SplittableRandom random = new SplittableRandom(0);
    float[] numbers = new float[(int) elements];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextDouble(-2, 2);
    }
    return MemorySegment.ofArray(numbers);
  }

  /** The seconds that steps take after a tenth as many, but at least three, to warm up. */
  private double[] measure(Runnable step, Console shown) {
    int warmUp = Math.max(3, steps / 10);
    double[] times = new double[steps];
    int count = 0;
    try (Progress progress = Progress.of(shown, "benchmark", warmUp + (long) steps)) {
      TimeLeft time = new TimeLeft((long) (warmUp + steps) * batch);
      for (int i = 0; i < warmUp; i++) {
        step.run();
        progress.report(i + 1, time.after((i + 1L) * batch));
      }
      long begin = System.nanoTime();
      while (count < steps && (count == 0 || System.nanoTime() - begin < seconds * 1e9)) {
        long before = System.nanoTime();
        step.run();
        times[count++] = (System.nanoTime() - before) / 1e9;
        progress.report(warmUp + count, time.after((long) (warmUp + count) * batch));
      }
    }
    if (profiled || trace != null) {
      profile = Profile.record(step, steps, seconds);
    }
    return Arrays.copyOf(times, count);
  }
}
