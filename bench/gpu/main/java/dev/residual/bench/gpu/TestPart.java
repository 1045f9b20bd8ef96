package dev.residual.bench.gpu;

import dev.residual.bench.gpu.Programs.Ended;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Tests on the GPU, by JUnit.
 *
 * @param options of Java
 * @param selection what JUnit selects by, as {@code class:NAME}
 */
record TestPart(String name, Duration limit, List<String> options, List<String> selection)
    implements Part {

  /** The command that runs the tests. */
  List<String> command() {
    List<String> command = Programs.java(options.toArray(String[]::new));
    command.addAll(
        List.of(
            "org.junit.platform.console.ConsoleLauncher",
            "execute",
            "--disable-banner",
            "--disable-ansi-colors",
            "--details=testfeed"));
    selection.forEach(each -> command.add("--select=" + each));
    return command;
  }

  @Override
  public Finding run(Programs programs) throws IOException {
    Ended ended = programs.run(name, command());
    TestCounts counts = TestCounts.of(ended.output());
    if (!ended.isRight() && counts.failed() == 0) {
      return Finding.failed(counts + "; " + ended.problem());
    }
    return Finding.of(counts.areRight(), counts + counts.failures(ended.log().getFileName()));
  }

  /** The contract of backends, and training steps beside the processor's. */
  static TestPart contract(Settings settings) {
    List<String> options = new ArrayList<>(options(settings));
    // Thousands of small graphs: the first plan of each will do.
    options.add("-Dresidual.tuning=off");
    return new TestPart(
        "contract",
        Duration.ofSeconds(150),
        options,
        settings.tests().isEmpty()
            ? List.of(
                "class:dev.residual.backend.cudnn.CudnnBackendTest",
                "class:dev.residual.train.DeviceTrainingTest")
            : settings.tests());
  }

  /** Ten training steps of four networks, as PyTorch takes them. */
  static TestPart golden(Settings settings) {
    List<String> options = new ArrayList<>(options(settings));
    if (settings.golden() != null) {
      options.add("-Dresidual.golden=" + settings.golden());
    }
    return new TestPart(
        "golden",
        Duration.ofSeconds(60),
        options,
        List.of("class:dev.residual.io.training.GoldenTest"));
  }

  /** Steps of a small network, and kernels of ours with whatever numbers there are. */
  static TestPart steps(Settings settings) {
    String contract = "method:dev.residual.backend.cudnn.CudnnBackendTest#";
    return new TestPart(
        "sanitizer",
        Duration.ofSeconds(60),
        options(settings),
        List.of(
            "method:dev.residual.train.DeviceTrainingTest#anOverflowSkipsTheStepAndHalvesTheScale",
            contract + "aLossScaleFollowsItsGradients",
            contract + "whatExceedsIntegersBecomesTheirBound",
            contract + "aParameterIsAddedToABatchNorm"));
  }

  private static List<String> options(Settings settings) {
    return List.of("-Xmx3g", "-Dresidual.test.device=" + settings.device());
  }
}
