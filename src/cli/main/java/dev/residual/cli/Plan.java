package dev.residual.cli;

import dev.residual.DevicePlan;
import dev.residual.cli.output.Json;
import dev.residual.cli.output.Text;
import dev.residual.nn.ImageNetwork;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells what a network becomes on a GPU that need not be there. */
@Command(
    name = "plan",
    description = "Tells what a network becomes on an NVIDIA GPU that need not be there.")
final class Plan implements Callable<Integer> {
  private static final String ROW = "%-34s %-22s %-62s %-34s %12s %10s%n";

  @Mixin ModelOption model;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "256",
      description = "Images of a step (default: ${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = "--mode",
      paramLabel = "train|infer",
      defaultValue = "train",
      description = "What a step does (default: ${DEFAULT-VALUE}).")
  Benchmark.Mode mode;

  @Option(
      names = "--precision",
      paramLabel = "f16|bf16|f32",
      defaultValue = "f16",
      description = "Element type of activations (default: ${DEFAULT-VALUE}).")
  Precision precision;

  @Option(
      names = "--device",
      paramLabel = "a100|h100|h200|FILE",
      defaultValue = "h100",
      description =
          "The GPU (default: ${DEFAULT-VALUE}), or a file that 'doctor --device-json' wrote where"
              + " it is.")
  String device;

  @Option(
      names = "--patterns",
      paramLabel = "1|2|3",
      defaultValue = "3",
      description =
          "Batch norms beside the convolutions (1), their statistics in the convolutions (2), or in"
              + " f16 all of them (default: ${DEFAULT-VALUE}).")
  int patterns;

  @Option(names = "--json", description = "Print the totals as a JSON object.")
  boolean json;

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    OptionChecks.positive(spec, "--batch", batch);
    OptionChecks.between(spec, "--patterns", patterns, 1, DevicePlan.ALL_PATTERNS);
    ImageNetwork network = model.source.requireNamed(spec, "plan");
    DevicePlan plan =
        mode == Benchmark.Mode.TRAIN
            ? DevicePlan.ofTraining(network, batch, precision.dtype(), device, patterns)
            : DevicePlan.ofInference(network, batch, precision.dtype(), device, patterns);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.object(totals(plan)));
    } else {
      print(plan, out);
    }
    return 0;
  }

  private static Map<String, Number> totals(DevicePlan plan) {
    Map<String, Number> totals = new LinkedHashMap<>();
    totals.put("regions", plan.regions());
    totals.put("unplanned", plan.unplanned());
    totals.put("kernels", plan.kernels());
    totals.put("bytesPerImage", Math.round(plan.bytesPerImage()));
    totals.put("deviceBytes", plan.deviceBytes());
    totals.put("predictedImagesPerSecond", plan.predictedImagesPerSecond());
    return totals;
  }

  private void print(DevicePlan plan, PrintWriter out) {
    out.println(
        Text.format(
            "%s, batch %d, %s, %s, planned for %s",
            model.source.name(), batch, mode, precision, plan.device()));
    out.print(
        Text.format(ROW, "region", "operation", "pattern", "engine", "workspace", "MB an image"));
    for (DevicePlan.Row row : plan.rows()) {
      out.print(
          Text.format(
              ROW,
              row.region(),
              row.operation(),
              row.pattern(),
              row.engine(),
              row.workspaceBytes() == 0 ? "" : Text.bytes(row.workspaceBytes()),
              Text.format("%.3f", row.bytes() / 1e6 / batch)));
      if (!row.refusal().isEmpty()) {
        out.println("  cuDNN has no plan: " + Text.line(row.refusal()));
      }
    }
    out.println(
        Text.format(
            "%d regions, %d of them left to slow kernels; %d kernels a step",
            plan.regions(), plan.unplanned(), plan.kernels()));
    out.println(
        Text.format(
            "%.1f MB of memory moved an image; %.1f with everything in the convolutions",
            plan.bytesPerImage() / 1e6, plan.boundPerImage() / 1e6));
    out.println(Text.format("%s of device memory", Text.bytes(plan.deviceBytes())));
    out.println(
        Text.format(
            "%s predicted, not measured: from bytes, arithmetic, and what others reached",
            Text.speed(plan.predictedImagesPerSecond())));
  }
}
