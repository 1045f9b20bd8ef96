package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.ThreadProcesses;
import dev.residual.io.images.Images;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.train.Metrics;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings on images by several processes, which are threads here. */
class SharedTrainingTest {
  private static final ResNet NETWORK = ResNet.named("resnet20-cifar").input(8, 8);
  private static final CompileOptions OPTIONS = new CompileOptions(1).withMeasured(false);

  @TempDir Path folder;
  private String data;

  @BeforeEach
  void draw() throws IOException {
    List<String> files = new ArrayList<>();
    for (String animal : List.of("ape", "bee")) {
      for (int i = 0; i < 7; i++) {
        files.add("train/%s/%d.png".formatted(animal, i));
      }
      files.addAll(List.of("test/%s/1.png".formatted(animal), "test/%s/2.png".formatted(animal)));
    }
    data = Images.folder(folder.resolve("data"), files.toArray(String[]::new)).toString();
  }

  private static ImageTraining training() {
    Recipe recipe = new Recipe(3, 6, new Sgd(0.9, 1e-4), new Schedule.Constant(0.01), 0);
    return ImageTraining.of(NETWORK).recipe(recipe).sharedNorms(true);
  }

  private List<List<Metrics>> run(int processes, Path out, TrainingListener listener)
      throws Exception {
    return ThreadProcesses.run(
        processes,
        member ->
            training()
                .compilation(OPTIONS.withCommunicator(member))
                .run(
                    Backends.cpu(),
                    data,
                    out,
                    member.rank() == 0 ? listener : TrainingListener.NONE));
  }

  private static Weights weights(Path out) throws IOException {
    return WeightFile.read(out.resolve("model.safetensors")).weights();
  }

  @Test
  void severalProcessesTrainAsOneAndAnyNumberGoesOn() throws Exception {
    Path alone = folder.resolve("alone");
    List<Metrics> one = run(1, alone, TrainingListener.NONE).getFirst();
    Path together = folder.resolve("together");
    TrainingListener stopping =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            if (training.epoch() == 1) {
              training.stop();
            }
          }
        };
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> run(2, together, stopping))
        .withMessage("stopped after epoch 2 of 3, step 2 of 2");
    List<List<Metrics>> rows = run(3, together, TrainingListener.NONE);
    for (List<Metrics> each : rows) {
      assertThat(each).hasSize(3);
      assertThat(each.getLast().trainLoss()).isCloseTo(one.getLast().trainLoss(), within(1e-3));
      assertThat(each.getLast().trainLoss()).isEqualTo(rows.getFirst().getLast().trainLoss());
      assertThat(each.getLast().testTop1()).isEqualTo(one.getLast().testTop1());
    }
    Weights expected = weights(alone);
    Weights found = weights(together);
    expected
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(found.get(name).toDoubles())
                    .as(name)
                    .containsExactly(tensor.toDoubles(), within(1e-3)));
    assertThat(Files.exists(together.resolve("metrics.csv"))).isTrue();
  }

  @Test
  void whatCannotBeSharedIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(4, folder.resolve("out"), TrainingListener.NONE))
        .withMessageContaining("a batch of 6 images cannot be shared evenly by 4 processes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(6, folder.resolve("out"), TrainingListener.NONE))
        .withMessageContaining("4 images cannot be shared by 6 processes");
  }
}
