package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

  @Test
  void helpListsTheCommands() {
    String help = Invocation.success("--help").out();
    assertThat(help)
        .contains(
            "train",
            "evaluate",
            "classify",
            "describe",
            "convert",
            "verify",
            "benchmark",
            "doctor");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "evaluate",
        "classify",
        "describe",
        "convert",
        "verify",
        "benchmark",
        "plan",
        "doctor"
      })
  void everyCommandHasHelp(String command) {
    assertThat(Invocation.success(command, "--help").out()).contains("Usage: residual " + command);
  }

  @Test
  void helpPrintsThatOfACommand() {
    assertThat(Invocation.success("help", "train").out())
        .isEqualTo(Invocation.success("train", "--help").out());
    assertThat(Invocation.success("help").out()).isEqualTo(Invocation.success("--help").out());
    assertThat(Invocation.wrongUse("help", "trian")).contains("trian");
  }

  @Test
  void theVersionIsPrinted() {
    assertThat(Invocation.success("--version").out()).startsWith("residual ");
  }

  @Test
  void noCommandIsWrongUse() {
    assertThat(Invocation.wrongUse()).contains("residual --help");
  }

  @Test
  void unknownCommandsAndOptionsAreWrongUse() {
    assertThat(Invocation.wrongUse("trian")).contains("trian");
    assertThat(Invocation.wrongUse("describe", "--model", "resnet18", "--colour"))
        .contains("--colour")
        .contains("residual describe --help");
  }

  @Test
  void aMissingOptionIsWrongUse() {
    assertThat(Invocation.wrongUse("train", "--data", "shapes")).contains("--model");
  }

  @Test
  void anUnknownModelIsWrongUseAndSuggestsTheNearest() {
    assertThat(Invocation.wrongUse("describe", "--model", "resnet20"))
        .contains("unknown model \"resnet20\"")
        .contains("resnet20-cifar");
    assertThat(Invocation.wrongUse("describe", "--model", "resnt50")).contains("resnet50");
  }

  @Test
  void f16OnTheProcessorIsWrongUse() {
    assertThat(
            Invocation.wrongUse(
                "train", "--model", "resnet18", "--data", "shapes", "--precision", "f16"))
        .contains("f16 needs a GPU", "--backend reference", "bf16 or f32");
  }

  @Test
  void backendsThatAreNotThereAreNamed() {
    for (String backend : List.of("tpu", "cuda:", "cuda:first", "cuda:-1")) {
      assertThat(
              Invocation.wrongUse(
                  "train", "--model", "resnet18", "--data", "shapes", "--backend", backend))
          .contains(backend, "cpu", "cuda:N", "reference");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--batch=0", "--epochs=0", "--threads=0", "--lr=-1", "--lr=NaN"})
  void numbersOutOfRangeAreWrongUse(String option) {
    String name = option.substring(0, option.indexOf('='));
    assertThat(Invocation.wrongUse("train", "--model", "resnet18", "--data", "shapes", option))
        .contains(name);
  }

  @Test
  void theStackTraceIsPrintedOnDemand(@TempDir Path folder) {
    Path missing = folder.resolve("missing.safetensors");
    Invocation invocation =
        Invocation.of("convert", missing, folder.resolve("out.pth"), "--stacktrace");
    assertThat(invocation.code()).isEqualTo(1);
    assertThat(invocation.err()).contains("no such file", "\tat dev.residual");
    assertThat(Main.wantsStackTrace(List.of(), Map.of("RESIDUAL_STACKTRACE", "1"))).isTrue();
    assertThat(Main.wantsStackTrace(List.of(), Map.of())).isFalse();
  }

  @Test
  void anErrorOfTheProgramItselfSaysSo() {
    assertThat(Failures.message(new NullPointerException("x"))).contains("internal error", "x");
    assertThat(Failures.message(new OutOfMemoryError("Java heap space"))).contains("-Xmx");
    assertThat(Failures.message(new java.nio.file.AccessDeniedException("/x")))
        .isEqualTo("/x: permission denied");
  }
}
