package dev.residual.cli;

import dev.residual.nn.ResNet;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Makes a network of the name that {@code --model} gives. */
final class NetworkConverter implements ITypeConverter<ResNet> {

  @Override
  public ResNet convert(String name) {
    try {
      return ResNet.named(name);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
