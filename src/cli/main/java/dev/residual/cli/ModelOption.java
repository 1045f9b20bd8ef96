package dev.residual.cli;

import picocli.CommandLine.Option;

/** Which network. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "M",
      required = true,
      converter = ModelSource.Converter.class,
      description = "The network, as resnet18, resnet50 or resnet20-cifar, or an ONNX file.")
  ModelSource source;
}
