package dev.residual.cli;

import dev.residual.io.Safetensors;
import dev.residual.io.WeightFiles;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the weights of one file into another, in the format of its extension. */
@Command(
    name = "convert",
    description = "Converts weights by extension: .pth .pt .th .safetensors .onnx.")
final class Convert implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "IN", description = "The file to read.")
  Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The file to write or replace.")
  Path out;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Weights weights = WeightFiles.read(in);
    if (isSafetensors(in) && isSafetensors(out)) {
      Safetensors.write(out, weights, Safetensors.readMetadata(in));
    } else {
      WeightFiles.write(out, weights);
    }
    spec.commandLine().getOut().println(summary(weights.tensors()));
    return 0;
  }

  static boolean isSafetensors(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors");
  }

  private String summary(Map<String, Tensor> tensors) {
    long elements = tensors.values().stream().mapToLong(t -> t.shape().elements()).sum();
    return "%s: %d tensors of %s numbers".formatted(out, tensors.size(), Text.count(elements));
  }
}
