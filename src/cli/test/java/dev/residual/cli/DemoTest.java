package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  @TempDir Path folder;

  @Test
  void theDemonstrationTrainsClassifiesAndSaysHowToGoOn() throws Exception {
    Path out = folder.resolve("demo");
    Invocation demo = Invocation.success("demo", "--seconds", 1, "--out", out, "--threads", 1);
    assertThat(demo.err()).contains("training on", "epoch 10 of 10");
    assertThat(demo.out())
        .contains("that it has not seen")
        .contains("drawn as arrow", "train --model resnet18 --data YOUR_FOLDER");
    assertThat(out.resolve("curve.png")).exists();
    Path picture = out.resolve("pictures/1-arrow.png");
    assertThat(demo.out()).contains(picture.toString());
    assertThat(Files.list(out.resolve("pictures"))).hasSize(10);
    assertThat(
            Invocation.success(
                    "classify",
                    "--model",
                    "resnet20-cifar",
                    "--weights",
                    out.resolve("model.safetensors"),
                    picture)
                .out())
        .contains("%");

    Invocation again = Invocation.success("demo", "--seconds", 1, "--out", out, "--threads", 1);
    assertThat(again.err()).contains("replacing what an earlier demonstration left in " + out);
  }
}
