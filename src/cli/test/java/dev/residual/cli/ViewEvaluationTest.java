package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.data.DrawnShapes;
import dev.residual.io.images.Interpolation;
import dev.residual.io.images.Views;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewEvaluationTest {
  @TempDir Path folder;

  /** Of a deep network and few small images nearly all of the time goes into compiling. */
  @Test
  void compilingIsNotPartOfTheTime() throws IOException {
    ImageNetwork network = Networks.named("resnet110-cifar").input(8, 8);
    Path file = folder.resolve("w.safetensors");
    WeightFile.write(file, network.firstWeights(1));
    List<Views> scales =
        Stream.of(8, 9, 10).map(side -> Views.scale(side, Interpolation.BILINEAR)).toList();
    ExecutionOptions engine = new ExecutionOptions();
    engine.backend = "cpu";
    engine.threads = 1;
    engine.precision = Precision.F32;
    ViewEvaluation evaluation =
        new ViewEvaluation(TrainedModel.read(network, file), scales, 6, engine);
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    TimeLeft time = new TimeLeft(evaluation.views());
    long begin = System.nanoTime();
    try (Progress progress =
        Progress.of(new Console(nowhere, nowhere, false), "evaluate", evaluation.views())) {
      evaluation.run(new DrawnShapes(1, 8, 1), time, progress);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(time.seconds()).isBetween(1e-6, seconds / 2);
  }
}
