package dev.residual.cli;

import dev.residual.nn.ResNet;
import picocli.CommandLine.Option;

/** Which network. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "M",
      required = true,
      converter = NetworkConverter.class,
      description = "The network, as resnet18, resnet50 or resnet20-cifar.")
  ResNet network;
}
