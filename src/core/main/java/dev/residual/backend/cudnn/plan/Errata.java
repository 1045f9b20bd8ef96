package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.LibraryVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * Engines that are known to be wrong on some devices with some versions of cuDNN.
 *
 * <p>Their numbers mean another engine in another version, and an engine that is wrong on one
 * device can be the fastest of another: so each line of {@code errata.txt} names both.
 */
record Errata(List<Line> lines) {
  private static final String FILE = "errata.txt";

  /**
   * One engine.
   *
   * @param operation the name of a node, or {@code *} for all
   * @param engine its global index
   * @param reason what is wrong with it
   */
  record Line(String operation, long engine, String reason) {}

  Errata {
    lines = List.copyOf(lines);
  }

  /** What is known of a device with a version of cuDNN. */
  static Errata of(DeviceDescription device, LibraryVersion version) {
    try (InputStream in = Errata.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not beside its class");
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines(), device, version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The lines that concern a device and a version: capability, from, before, node, engine, why. */
  static Errata parse(Stream<String> lines, DeviceDescription device, LibraryVersion version) {
    return new Errata(
        lines
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(line -> line.split("\\s+", 6))
            .filter(words -> words[0].equals(device.computeCapability()))
            .filter(words -> version.compareTo(version(words[1])) >= 0)
            .filter(words -> version.compareTo(version(words[2])) < 0)
            .map(words -> new Line(words[3], Long.parseLong(words[4]), words[5]))
            .toList());
  }

  private static LibraryVersion version(String text) {
    String[] numbers = text.split("\\.", -1);
    return new LibraryVersion(
        Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]), Integer.parseInt(numbers[2]));
  }

  /** What is wrong with an engine for a graph; empty if nothing is known. */
  String reason(OperationGraph graph, long engine) {
    return lines.stream()
        .filter(line -> line.engine() == engine)
        .filter(
            line ->
                line.operation().equals("*")
                    || graph.nodes().stream()
                        .anyMatch(n -> n.getClass().getSimpleName().equals(line.operation())))
        .findFirst()
        .map(Line::reason)
        .orElse("");
  }
}
