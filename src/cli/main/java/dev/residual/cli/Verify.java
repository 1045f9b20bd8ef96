package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Json;
import dev.residual.cli.output.Text;
import dev.residual.engine.Backend;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.io.onnx.OnnxModel;
import dev.residual.io.onnx.OnnxTestData;
import dev.residual.io.onnx.OutputDifference;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JsonGenerator;

/** Compares the outputs of ONNX models with those expected. */
@Command(name = "verify", description = "Compares the outputs of ONNX models with those expected.")
final class Verify implements Callable<Integer> {
  private static final String MODEL = "model.onnx";

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL.onnx FOLDER",
      description =
          "A model and folders of its test data (input_0.pb, output_0.pb, or folders"
              + " test_data_set_0 and on of such); or folders of models, each beside its test"
              + " data.")
  List<Path> paths;

  @Option(
      names = "--rtol",
      paramLabel = "F",
      defaultValue = "1e-3",
      description = "The part of a number that it may be off by (default: ${DEFAULT-VALUE}).")
  double rtol;

  @Option(
      names = "--atol",
      paramLabel = "F",
      defaultValue = "1e-5",
      description =
          "What it may be off by beside, times the output's largest number if that is above 1"
              + " (default: ${DEFAULT-VALUE}).")
  double atol;

  @Option(names = "--json", description = "Print a JSON object.")
  boolean json;

  @Mixin ExecutionOptions engine;

  @Spec CommandSpec spec;

  /** A folder of test data, with its model. */
  private record Case(Path model, Path data) {}

  /** What came of a case: differences, or the reason why it was refused. */
  private record Outcome(Case of, List<OutputDifference> differences, String refusal) {
    boolean isPassed() {
      return refusal.isEmpty() && differences.stream().allMatch(OutputDifference::isWithin);
    }
  }

  @Override
  public Integer call() throws IOException {
    engine.check();
    OptionChecks.notNegative(spec, "--rtol", rtol);
    OptionChecks.notNegative(spec, "--atol", atol);
    List<Case> cases = cases();
    if (cases.isEmpty()) {
      throw new Failure("there are no test data: no output_0.pb in " + paths.getLast());
    }
    Backend backend = engine.backend();
    PrintWriter out = spec.commandLine().getOut();
    List<Outcome> outcomes = new ArrayList<>();
    for (Case each : cases) {
      Outcome outcome = outcome(each, backend);
      outcomes.add(outcome);
      if (!json) {
        print(outcome, out);
      }
    }
    List<Outcome> refused = outcomes.stream().filter(o -> !o.refusal.isEmpty()).toList();
    long passed = outcomes.stream().filter(Outcome::isPassed).count();
    long failed = outcomes.size() - passed - refused.size();
    if (json) {
      out.println(
          Json.object(
              object -> {
                Json.number(object, "cases", outcomes.size());
                Json.number(object, "passed", passed);
                Json.number(object, "failed", failed);
                write(object, refused);
              }));
    } else {
      out.println(
          "%d cases: %d passed, %d failed, %d refused"
              .formatted(outcomes.size(), passed, failed, refused.size()));
    }
    // Nothing is verified where all was refused.
    return failed > 0 || passed == 0 ? 1 : 0;
  }

  private List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    Path first = paths.getFirst();
    if (!Files.isDirectory(first)) {
      if (paths.size() < 2) {
        throw new ParameterException(
            spec.commandLine(), "a model needs folders of test data behind it");
      }
      for (Path folder : paths.subList(1, paths.size())) {
        requireFolder(folder);
        OnnxTestData.folders(folder).forEach(data -> cases.add(new Case(first, data)));
      }
      return cases;
    }
    for (Path folder : paths) {
      for (Path each : Files.exists(folder.resolve(MODEL)) ? List.of(folder) : folders(folder)) {
        Path model = each.resolve(MODEL);
        OnnxTestData.folders(each).forEach(data -> cases.add(new Case(model, data)));
      }
    }
    return cases;
  }

  private static void requireFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new Failure(folder + " is no folder of test data");
    }
  }

  /** The folders below this one that hold a model. */
  private static List<Path> folders(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(each -> Files.exists(each.resolve(MODEL))).sorted().toList();
    }
  }

  private Outcome outcome(Case given, Backend backend) {
    try {
      List<OutputDifference> differences =
          OnnxTestData.read(given.data)
              .verify(
                  OnnxModel.read(given.model),
                  backend,
                  engine.options(),
                  engine.dtype(),
                  rtol,
                  atol);
      return new Outcome(given, differences, "");
    } catch (IOException | IllegalArgumentException | UnsupportedOpException e) {
      return new Outcome(given, List.of(), Failures.message(e));
    }
  }

  private static void print(Outcome outcome, PrintWriter out) {
    String name = Text.line(outcome.of.data.toString());
    if (!outcome.refusal.isEmpty()) {
      out.println("refused  " + name + ": " + Text.line(outcome.refusal));
    }
    for (OutputDifference difference : outcome.differences) {
      out.println(
          Text.format(
              "%s  %s: %s differs by %.3g at most, %.2g of its largest number%s",
              difference.isWithin() ? "passed " : "failed ",
              name,
              Text.line(difference.output()),
              difference.largest(),
              difference.relative(),
              difference.isWithin() ? "" : "; --atol and --rtol say what is allowed"));
    }
  }

  private static void write(JsonGenerator object, List<Outcome> refused) {
    Json.number(object, "refused", refused.size());
    object.writeArrayPropertyStart("refusals");
    for (Outcome outcome : refused) {
      object.writeStartObject();
      object.writeStringProperty("case", outcome.of.data.toString());
      object.writeStringProperty("reason", outcome.refusal);
      object.writeEndObject();
    }
    object.writeEndArray();
  }
}
