package dev.residual.io.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.residual.engine.program.TuningFile;
import dev.residual.io.attack.AttackTarget;
import dev.residual.io.weights.WeightTargets;
import dev.residual.nn.Weights;
import dev.residual.train.Metrics;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The readers of what a training leaves, and of the choices of kernels. */
public final class TrainingTargets {
  private static final List<Metrics> ROWS =
      List.of(
          new Metrics(1, 0.1, 2.5, 0.25, 0.5, 0.75, 100, 3),
          new Metrics(2, 0.1, Double.NaN, 0.5, 0.5, 0.75, 1e-9, 3));

  private TrainingTargets() {}

  public static List<AttackTarget> all() throws IOException {
    Weights weights = WeightTargets.weights();
    TrainingState state =
        new TrainingState(
            Map.of("model", "tiny", "epochs", "3"),
            2,
            3,
            new Totals(1.5, 10, 5, 7, 2),
            weights,
            weights,
            ROWS);
    byte[] checkpoint = WeightTargets.written(file -> Checkpoint.write(file, state));
    return List.of(
        AttackTarget.of(
            "checkpoint", "checkpoint.safetensors", Checkpoint::read, List.of(checkpoint)),
        AttackTarget.of(
            "metrics",
            "metrics.csv",
            MetricsFile::read,
            List.of(MetricsFile.format(ROWS).getBytes(UTF_8))),
        AttackTarget.of("events", "events", file -> EventFile.cut(file, 5), List.of(events())),
        AttackTarget.of(
            "choices",
            "tuning.txt",
            file -> new TuningFile(file).kept("conv 3x3"),
            List.of("ONEDNN=conv 3x3\nwrong=conv 1x1\nDIRECT=conv 3x3".getBytes(UTF_8))));
  }

  private static byte[] events() throws IOException {
    Path folder = Files.createTempDirectory("events");
    try (EventFile file = EventFile.create(folder, ".residual", 1)) {
      for (int step = 1; step < 9; step++) {
        file.write(step, Map.of("train/loss", 1.0 * step));
      }
    }
    Path file = TrainingEvents.in(folder).getFirst();
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    Files.delete(folder);
    return bytes;
  }
}
