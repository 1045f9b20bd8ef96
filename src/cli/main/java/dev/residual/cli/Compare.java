package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.engine.Backend;
import dev.residual.io.training.TrainingFolder;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.nn.Summary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains several networks by one recipe. */
@Command(
    name = "compare",
    description =
        "Trains networks one after the other by the same recipe and seed; writes a table, the"
            + " errors of each epoch and a picture of them. Begun again, it goes on where it was.",
    sortOptions = false)
final class Compare implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--models",
      paramLabel = "M",
      split = ",",
      description =
          "The networks; not needed where --preset is degradation (plain and residual networks of"
              + " 20 and 56 layers), table6 (the paper's for CIFAR-10) or cars (VGG-16 and"
              + " ResNet-50).")
  List<String> models = List.of();

  @Option(
      names = "--weights",
      paramLabel = "M=W",
      description = "Weights that a network begins with; may be repeated.")
  Map<String, Path> weights = new LinkedHashMap<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the results; each network has one in it.")
  Path out;

  @Mixin TrainingOptions options;

  @Spec CommandSpec spec;

  Compare(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Map<String, ImageNetwork> networks = networks();
    networks.forEach((name, network) -> options.check(network, weights.get(name)));
    Backend backend = options.engine.backend();
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new Failure(out + ": is a file, expected a folder for the results");
    }
    for (Map.Entry<String, ImageNetwork> entry : networks.entrySet()) {
      @Nullable Path first = weights.get(entry.getKey());
      if (first != null) {
        // Now rather than when the networks before it are trained.
        TrainedModel.read(entry.getValue(), first);
      }
    }
    ComparisonReport report = new ComparisonReport(out, options.data, console);
    for (Map.Entry<String, ImageNetwork> entry : networks.entrySet()) {
      report.add(train(entry.getKey(), entry.getValue(), backend));
      report.write();
    }
    report.print(spec.commandLine().getOut());
    return 0;
  }

  /** The networks by name, each once. */
  private Map<String, ImageNetwork> networks() {
    List<String> names = new ArrayList<>(models);
    Comparison.named(options.recipes.preset)
        .ifPresent(
            comparison -> {
              if (names.isEmpty()) {
                names.addAll(comparison.models());
              }
              options.recipes.preset = comparison.recipe().map(Object::toString).orElse(null);
            });
    if (names.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--models is missing: name networks, or take --preset degradation, table6 or cars");
    }
    for (String name : weights.keySet()) {
      if (!names.contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "--weights are given for %s, which is none of %s".formatted(name, names));
      }
    }
    Map<String, ImageNetwork> networks = new LinkedHashMap<>();
    for (String name : names) {
      try {
        networks.put(name, Networks.named(name));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
    }
    return networks;
  }

  private ComparisonRow train(String name, ImageNetwork chosen, Backend backend)
      throws IOException {
    int size = options.size(chosen);
    @Nullable Path first = weights.get(name);
    try (DataParts data = options.open(size, console);
        TrainingFolder folder = new TrainingFolder(out.resolve(name)).keepingBest(options.best)) {
      data.requireClasses();
      ReportedTraining training =
          options.training(
              chosen,
              first,
              data,
              !folder.results().isEmpty(),
              "the same command goes on",
              Processes.alone(false));
      return new ComparisonRow(
          name, Summary.of(training.network()), training.run(backend, folder, console));
    }
  }
}
