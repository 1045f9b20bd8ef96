package dev.residual.djl;

import dev.residual.inference.InferenceOptions;
import dev.residual.io.ClassifierOptions;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.tensor.DType;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code Criteria.optOption} says of a model. Options of other engines are passed over.
 *
 * @param network {@code model}: the network that weights are of; null if the file names it itself
 * @param inference {@code threads} inside an operation, {@code precision} f32, bf16 or f16, and
 *     {@code batch}, the number of images of a run
 * @param sessions {@code sessions}: how many runs are computed at the same time
 * @param side {@code side}: the height and width of images; 0 for those of the weights
 */
record ModelOptions(
    @Nullable ImageNetwork network, InferenceOptions inference, int sessions, int side) {

  /**
   * Reads the options.
   *
   * @throws IllegalArgumentException naming the option, if its value is none
   */
  static ModelOptions of(@Nullable Map<String, ?> given) {
    Map<String, ?> options = given == null ? Map.of() : given;
    int sessions = number(options, "sessions", 1);
    InferenceOptions inference =
        ClassifierOptions.DEFAULT
            .withSessions(sessions)
            .inference()
            .withBatch(number(options, "batch", 1))
            .withPrecision(precision(text(options, "precision", "f32")));
    int threads = number(options, "threads", inference.compilation().threads());
    String model = text(options, "model", "");
    return new ModelOptions(
        model.isEmpty() ? null : Networks.named(model),
        inference.withThreads(threads),
        sessions,
        options.containsKey("side") ? number(options, "side", 1) : 0);
  }

  private static String text(Map<String, ?> options, String name, String otherwise) {
    return Objects.requireNonNullElse(options.get(name), otherwise).toString();
  }

  private static int number(Map<String, ?> options, String name, int otherwise) {
    String text = text(options, name, String.valueOf(otherwise));
    if (!text.matches("[1-9]\\d{0,5}")) {
      throw new IllegalArgumentException(
          "the option %s is '%s', expected a whole number from 1 on".formatted(name, text));
    }
    return Integer.parseInt(text);
  }

  private static DType precision(String text) {
    return switch (text) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      case "f16" -> DType.F16;
      default ->
          throw new IllegalArgumentException(
              "the option precision is '%s', expected f32, bf16 or f16".formatted(text));
    };
  }
}
