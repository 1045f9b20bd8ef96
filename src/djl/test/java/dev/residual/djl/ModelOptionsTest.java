package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.engine.CompileOptions;
import dev.residual.inference.InferenceOptions;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelOptionsTest {

  @Test
  void withoutOptionsAllThreadsComputeOneImage() {
    ModelOptions none = new ModelOptions(null, InferenceOptions.DEFAULT, 1, 0);
    assertThat(ModelOptions.of(null)).isEqualTo(none);
    assertThat(ModelOptions.of(Map.of("mapLocation", "true"))).isEqualTo(none);
  }

  @Test
  void optionsAreTextsOrNumbers() {
    Map<String, Object> given =
        Map.of(
            "model",
            "resnet50",
            "threads",
            3,
            "precision",
            "bf16",
            "batch",
            "8",
            "sessions",
            "2",
            "side",
            "320");
    InferenceOptions inference =
        new InferenceOptions(8, CompileOptions.DEFAULT.withThreads(3), DType.BF16);
    assertThat(ModelOptions.of(given))
        .isEqualTo(new ModelOptions(ResNet.named("resnet50"), inference, 2, 320));
  }

  @Test
  void sessionsShareTheThreads() {
    int all = CompileOptions.DEFAULT.threads();
    ModelOptions options = ModelOptions.of(Map.of("sessions", all));
    assertThat(options.inference().compilation().threads()).isEqualTo(1);
  }
}
