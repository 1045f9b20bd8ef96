package dev.residual.bench.scenario;

import dev.residual.bench.JpegFiles;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run of scenarios measures.
 *
 * @param model a network by name, or an ONNX file
 * @param precisions of ours, as {@code f32}, {@code bf16} and {@code int8}
 * @param peers which compute in f32
 * @param duration of a measurement
 * @param bound the milliseconds in which a server answers 99 of 100 images
 * @param streams the images of a query of several streams
 * @param largest the most images of a batch
 * @param sessions that compute at the same time, and share the threads
 * @param images the folder of JPEG files, or drawn ones
 * @param seed of arrivals
 */
record ScenarioOptions(
    String model,
    List<String> precisions,
    List<String> peers,
    Duration duration,
    double bound,
    int streams,
    int largest,
    int sessions,
    String images,
    long seed) {
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "--model", "resnet50",
          "--precisions", "f32,bf16,int8",
          "--peers", "",
          "--seconds", "10",
          "--bound", "15",
          "--streams", "8",
          "--largest", "8",
          "--sessions", "1",
          "--images", JpegFiles.DRAWN,
          "--seed", "1");

  /**
   * The options of arguments such as {@code --model resnet18 --seconds 60}.
   *
   * @throws IllegalArgumentException naming what is no option or lacks its value
   */
  static ScenarioOptions parse(String... arguments) {
    Map<String, String> given = new HashMap<>(DEFAULTS);
    for (int i = 0; i < arguments.length; i += 2) {
      if (!DEFAULTS.containsKey(arguments[i])) {
        throw new IllegalArgumentException(
            "%s is no option: %s"
                .formatted(arguments[i], DEFAULTS.keySet().stream().sorted().toList()));
      }
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException(arguments[i] + " lacks its value");
      }
      given.put(arguments[i], arguments[i + 1]);
    }
    return new ScenarioOptions(
        given.getOrDefault("--model", ""),
        list(given.getOrDefault("--precisions", "")),
        list(given.getOrDefault("--peers", "")),
        Duration.ofNanos(Math.round(number(given, "--seconds") * 1e9)),
        number(given, "--bound"),
        (int) number(given, "--streams"),
        (int) number(given, "--largest"),
        (int) number(given, "--sessions"),
        given.getOrDefault("--images", ""),
        (long) number(given, "--seed"));
  }

  private static List<String> list(String names) {
    return names.isEmpty() ? List.of() : List.of(names.split(","));
  }

  private static double number(Map<String, String> given, String option) {
    String value = given.getOrDefault(option, "");
    try {
      double number = Double.parseDouble(value);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as a number that is not above 0 is.
    }
    throw new IllegalArgumentException(
        "%s is %s, expected a number above 0".formatted(option, value));
  }

  /** Threads inside an operation. */
  int threads() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / sessions);
  }
}
