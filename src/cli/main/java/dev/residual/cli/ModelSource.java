package dev.residual.cli;

import dev.residual.io.onnx.OnnxModel;
import dev.residual.io.onnx.OnnxNetwork;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --model} gives: the name of a network, or an ONNX file.
 *
 * @param text as it is given
 * @param named the network of that name, or null
 */
record ModelSource(String text, @Nullable ImageNetwork named) {

  /** Makes it of the text; what ends in .onnx is a file. */
  static final class Converter implements ITypeConverter<ModelSource> {
    @Override
    public ModelSource convert(String text) {
      if (text.toLowerCase(Locale.ROOT).endsWith(".onnx")) {
        return new ModelSource(text, null);
      }
      try {
        return new ModelSource(text, Networks.named(text));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** The name of the network, or of the file without its ending. */
  String name() {
    String file = String.valueOf(Path.of(text).getFileName());
    return named != null ? named.name() : file.substring(0, file.lastIndexOf('.'));
  }

  /** The network; that of a file is read anew. */
  ImageNetwork network() throws IOException {
    return named != null ? named : OnnxNetwork.of(OnnxModel.read(Path.of(text)));
  }

  /** The network of a command that takes no files. */
  ImageNetwork requireNamed(CommandSpec spec, String what) {
    if (named == null) {
      throw new ParameterException(
          spec.commandLine(), "%s takes the name of a network, given %s".formatted(what, text));
    }
    return named;
  }

  /**
   * The network with the weights of a file.
   *
   * @param weights where they are, or null for those of an ONNX file
   */
  TrainedModel trained(@Nullable Path weights, CommandSpec spec) throws IOException {
    if (weights != null) {
      return TrainedModel.read(network(), weights);
    }
    if (named != null) {
      throw new ParameterException(
          spec.commandLine(), "--weights is missing: only a --model of an ONNX file has its own");
    }
    return TrainedModel.readOnnx(Path.of(text));
  }
}
