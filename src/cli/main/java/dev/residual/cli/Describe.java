package dev.residual.cli;

import dev.residual.cli.output.Json;
import dev.residual.cli.output.Text;
import dev.residual.io.files.AtomicFile;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Summary;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the table of a network's stages. */
@Command(
    name = "describe",
    description = "Prints output size, parameters and multiply-adds of each stage of a network.")
final class Describe implements Callable<Integer> {
  private static final int NAME = 8;
  private static final int LAYERS = 46;

  @Mixin ModelOption model;

  @Option(
      names = "--input",
      paramLabel = "N",
      description = "Height and width of an image; 224, or 32 for a CIFAR network, if not given.")
  @Nullable Integer input;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Number of classes; 1000, or 10 for a CIFAR network, if not given.")
  @Nullable Integer classes;

  @Option(names = "--json", description = "Print the totals as a JSON object.")
  boolean json;

  @Option(names = "--svg", paramLabel = "F", description = "Draw the network into this file.")
  @Nullable Path svg;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    ImageNetwork network = model.source.network();
    if (input != null) {
      OptionChecks.positive(spec, "--input", input);
      network = network.input(input, input);
    }
    if (classes != null) {
      OptionChecks.positive(spec, "--classes", classes);
      network = network.classes(classes);
    }
    Summary summary = Summary.of(network);
    if (svg != null) {
      byte[] drawing = new NetworkDiagram(network, summary).svg().getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(svg, out -> out.write(drawing));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Long> totals = new LinkedHashMap<>();
      totals.put("parameters", summary.parameters());
      totals.put("macs", summary.macs());
      out.println(Json.object(totals));
    } else {
      print(network, summary, out);
    }
    return 0;
  }

  private static void print(ImageNetwork network, Summary summary, PrintWriter out) {
    out.printf(
        "%s, %d classes, images of %dx%d%n",
        network.name(), network.classes(), network.height(), network.width());
    String row =
        "%%-%ds %%-12s %%-%ds %%14s %%18s%%n"
            .formatted(
                widest(NAME, summary, Summary.Row::name),
                widest(LAYERS, summary, Summary.Row::layers));
    out.print(Text.format(row, "stage", "output", "layers", "parameters", "multiply-adds"));
    for (Summary.Row stage : summary.rows()) {
      out.print(
          Text.format(
              row,
              stage.name(),
              extents(stage.output()),
              stage.layers(),
              Text.count(stage.parameters()),
              Text.count(stage.macs())));
    }
    out.print(
        Text.format(
            row, "total", "", "", Text.count(summary.parameters()), Text.count(summary.macs())));
  }

  private static int widest(int least, Summary summary, Function<Summary.Row, String> column) {
    return summary.rows().stream().map(column).mapToInt(String::length).reduce(least, Math::max);
  }

  /** Of one image, as {@code 64x56x56}. */
  static String extents(Shape output) {
    String text = output.toString();
    return text.substring(text.indexOf('x') + 1);
  }
}
