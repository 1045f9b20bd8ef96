package dev.residual.backend.onednn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips tests in a JVM whose libraries are held to instructions beyond which this processor has
 * none: they would be those of the JVM that is free.
 */
final class HeldInstructions implements ExecutionCondition {
  private static final String HELD = "ONEDNN_MAX_CPU_ISA";

  /** A flag of processors that can more, for each set that libraries are held to. */
  private static final Map<String, String> MORE =
      Map.of("AVX2", "avx512f", "AVX512_CORE", "avx512_vnni", "AVX512_CORE_BF16", "amx_tile");

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String held = System.getenv(HELD);
    String flag = held == null ? null : MORE.get(held);
    return flag == null || flags().contains(" " + flag)
        ? ConditionEvaluationResult.enabled("the instructions are this processor's, or fewer")
        : ConditionEvaluationResult.disabled(
            "held to %s: this processor has no more (it lacks %s)".formatted(held, flag));
  }

  private static String flags() {
    try {
      return Arrays.stream(Files.readString(Path.of("/proc/cpuinfo")).split("\n"))
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
