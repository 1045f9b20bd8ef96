package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Networks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareTest {
  @TempDir static Path shared;
  @TempDir Path folder;
  private static Path data;
  private Path out;

  @BeforeAll
  static void drawPictures() throws IOException {
    data = Pictures.dataSet(shared.resolve("data"));
  }

  @BeforeEach
  void nameTheFolder() {
    out = folder.resolve("out");
  }

  private Object[] compare(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("compare", "--data", data, "--out", out));
    arguments.addAll(List.of("--threads", 1, "--batch", 12, "--epochs", 2));
    arguments.addAll(Arrays.asList(more));
    if (!arguments.contains("--image-size")) {
      arguments.addAll(List.of("--image-size", 16));
    }
    return arguments.toArray();
  }

  @Test
  void aTableErrorsAndAPictureShowAllNetworks() throws IOException {
    Object[] arguments = compare("--models", "plain20-cifar,resnet20-cifar");
    Invocation done = Invocation.success(arguments);
    assertThat(done.out()).contains("| plain20-cifar ", "| resnet20-cifar ", "269,267");
    assertThat(done.out()).contains(Files.readString(out.resolve("table.md")));
    List<String> errors = Files.readAllLines(out.resolve("errors.csv"));
    assertThat(errors).hasSize(5);
    assertThat(errors.get(4)).startsWith("resnet20-cifar,2,");
    double error = Double.parseDouble(errors.get(4).split(",")[5]);
    assertThat(12 * error).as("of 12 images").isCloseTo(Math.round(12 * error), within(1e-9));
    assertThat(ImageIO.read(out.resolve("errors.png").toFile()).getWidth()).isGreaterThan(400);

    byte[] model = Files.readAllBytes(out.resolve("resnet20-cifar/model.safetensors"));
    Invocation again = Invocation.success(arguments);
    assertThat(again.err()).contains("is complete").doesNotContain("epoch 1 of 2");
    assertThat(Files.readAllLines(out.resolve("errors.csv"))).isEqualTo(errors);
    assertThat(Files.readAllBytes(out.resolve("resnet20-cifar/model.safetensors")))
        .isEqualTo(model);
    assertThat(Invocation.failure(compare("--models", "plain20-cifar", "--seed", 9)))
        .contains("another training", "seed is 0, now 9");
  }

  @Test
  void aNetworkBeginsWithItsWeights() throws IOException {
    Invocation.success(compare("--models", "resnet20-cifar"));
    Path weights = out.resolve("resnet20-cifar/model.safetensors");
    out = folder.resolve("tuned");
    Invocation.success(
        compare(
            "--models", "plain20-cifar,resnet20-cifar", "--weights", "resnet20-cifar=" + weights));
    assertThat(Files.readString(out.resolve("resnet20-cifar/report.html")))
        .contains("model.safetensors");
  }

  @Test
  void comparisonsHaveNames() {
    assertThat(Comparison.named("degradation").orElseThrow().models())
        .containsExactly("plain20-cifar", "plain56-cifar", "resnet20-cifar", "resnet56-cifar");
    assertThat(Comparison.named("table6").orElseThrow().models()).hasSize(6);
    assertThat(Comparison.named("modern")).isEmpty();
  }

  @Test
  void whatALaterNetworkCannotTakeIsRefusedBeforeTheFirstIsTrained() throws IOException {
    for (String names : List.of("--freeze=layer1.*", "--lr-of=layer1.*=0.1")) {
      assertThat(Invocation.wrongUse(withAlexNet(names)))
          .contains("--freeze and --lr-of of alexnet: no parameter is called 'layer1.*'");
    }
    assertThat(Invocation.wrongUse(withAlexNet("--grow-from=8")))
        .contains("--grow-from 8 of alexnet: ");
    Path missing = folder.resolve("missing.pth");
    assertThat(Invocation.failure(withAlexNet("--weights=alexnet=" + missing)))
        .endsWith(missing + ": no such file");
    Path others = folder.resolve("others.safetensors");
    WeightFile.write(others, Networks.named("resnet20-cifar").firstWeights(1));
    assertThat(Invocation.failure(withAlexNet("--weights=alexnet=" + others)))
        .contains("others.safetensors holds no weights of alexnet");
    assertThat(out).doesNotExist();
  }

  /** A comparison whose second network is AlexNet. */
  private Object[] withAlexNet(String option) {
    return compare("--models", "resnet20-cifar,alexnet", "--image-size", 64, option);
  }

  @Test
  void wrongNamesAreRefused() {
    assertThat(Invocation.wrongUse(compare())).contains("--models is missing");
    assertThat(Invocation.wrongUse(compare("--models", "resnet19"))).contains("did you mean");
    assertThat(Invocation.wrongUse(compare("--models", "resnet18", "--preset", "old")))
        .contains("unknown preset 'old'");
    assertThat(
            Invocation.wrongUse(
                compare("--models", "resnet20-cifar", "--weights", "resnet18=x.pth")))
        .contains("--weights are given for resnet18, which is none of [resnet20-cifar]");
  }
}
