package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.inference.FoldedModel;
import dev.residual.io.files.AtomicFile;
import dev.residual.io.onnx.OnnxWriter;
import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the weights of one file into another, in the format of its extension. */
@Command(
    name = "convert",
    description = {
      "Converts weights of any of these formats: .pth .pt .th .safetensors .onnx.",
      "An .onnx holds the network, too; if IN is none, --model names it."
    })
final class Convert implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "IN", description = "The file to read, whatever its name.")
  Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The file to write or replace.")
  Path out;

  @Option(
      names = "--int8",
      description = "Quantise to 8-bit integers, with --calibrate and OUT .safetensors or .onnx.")
  boolean int8;

  @Option(
      names = "--model",
      paramLabel = "M",
      converter = ModelSource.Converter.class,
      description =
          "The network that IN holds the weights of; for --int8 and OUT .onnx. An IN .onnx holds"
              + " it.")
  @Nullable ModelSource model;

  @Option(names = "--fold", description = "Fold batch norms into convolutions; for OUT .onnx.")
  boolean fold;

  @Option(
      names = "--calibrate",
      paramLabel = "D",
      description = "Images like those to classify, a data set as for train; for --int8.")
  @Nullable String calibrate;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "128",
      description = "Images to calibrate with (default: ${DEFAULT-VALUE}); for --int8.")
  int images;

  @Option(
      names = "--transform",
      paramLabel = "T",
      description =
          "resizeR-cropC[-bicubic], cropC, IMAGENET1K_V1, IMAGENET1K_V2 or none; that of the"
              + " weights, if not given; for --int8.")
  @Nullable String transform;

  private final Console console;

  @Spec CommandSpec spec;

  Convert(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    AtomicFile.check(out);
    if (Files.exists(in) && Files.exists(out) && Files.isSameFile(in, out)) {
      throw new Failure(
          "%s is IN and OUT, and what it holds beside the weights would be lost: choose another OUT"
              .formatted(out));
    }
    if (int8) {
      return quantize();
    }
    if (calibrate != null || transform != null) {
      throw new ParameterException(
          spec.commandLine(), "--calibrate and --transform go with --int8");
    }
    if (isOnnx(out)) {
      return export();
    }
    if (model != null || fold) {
      throw new ParameterException(
          spec.commandLine(), "--model goes with --int8 or an OUT .onnx, --fold with an OUT .onnx");
    }
    WeightFile file = isOnnx(in) ? weightsOfOnnx() : WeightFile.read(in);
    file.write(out);
    if (!WeightFile.keepsMetadata(out) && !file.metadata().isEmpty()) {
      console.warn(out + " has no room for names of classes and other metadata");
    }
    file.notes().forEach(note -> console.warn(in + ": " + note));
    spec.commandLine().getOut().println(summary(file.weights().tensors()));
    return 0;
  }

  private int export() throws IOException {
    TrainedModel trained = trained();
    write(trained.architecture(), trained.weights());
    trained.notes().forEach(note -> console.warn(in + ": " + note));
    spec.commandLine().getOut().println(summary(trained.weights().tensors()));
    return 0;
  }

  private WeightFile weightsOfOnnx() throws IOException {
    return new WeightFile(TrainedModel.readOnnx(in).weights(), Map.of(), List.of());
  }

  private TrainedModel trained() throws IOException {
    if (isOnnx(in)) {
      if (model != null) {
        throw new ParameterException(
            spec.commandLine(), "an IN .onnx is a whole network: it takes no --model");
      }
      return TrainedModel.readOnnx(in);
    }
    if (model == null) {
      throw new ParameterException(
          spec.commandLine(), "--int8 and an OUT .onnx need --model, unless IN is an .onnx");
    }
    return TrainedModel.read(model.network(), in);
  }

  private static boolean isOnnx(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
  }

  private void write(ImageNetwork network, Weights weights) throws IOException {
    Model written = network.inference(1);
    if (!fold || QuantizedWeights.isIn(weights)) {
      OnnxWriter.write(out, written, weights);
    } else {
      FoldedModel folded = FoldedModel.of(written, weights);
      OnnxWriter.write(out, folded.model(), folded.weights());
    }
  }

  private int quantize() throws IOException {
    if (calibrate == null || !(WeightFile.keepsMetadata(out) || isOnnx(out))) {
      throw new ParameterException(
          spec.commandLine(), "--int8 needs --calibrate and an OUT .safetensors or .onnx");
    }
    OptionChecks.positive(spec, "--images", images);
    Evaluate.requireTransform(transform, spec);
    Quantizer quantizer = Quantizer.of(trained(), transform, images, console);
    Weights weights = quantizer.quantized(calibrate).toFile();
    if (isOnnx(out)) {
      write(quantizer.trained().architecture(), weights);
    } else {
      Safetensors.write(out, weights, quantizer.metadata());
    }
    spec.commandLine().getOut().println(summary(weights.tensors()));
    return 0;
  }

  private String summary(Map<String, Tensor> tensors) {
    long elements = tensors.values().stream().mapToLong(t -> t.shape().elements()).sum();
    return "%s: %d tensors of %s numbers".formatted(out, tensors.size(), Text.count(elements));
  }
}
