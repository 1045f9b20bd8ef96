package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationReportTest {
  private static final Pattern RIGHT = Pattern.compile("top-1   (\\d+),");

  @TempDir static Path folder;
  private static Path data;
  private static Path weights;

  @BeforeAll
  static void train() throws IOException {
    data = Pictures.dataSet(folder.resolve("data"));
    Path out = folder.resolve("trained");
    Object[] command = {
      "train",
      "--model",
      "resnet20-cifar",
      "--data",
      data,
      "--image-size",
      16,
      "--batch",
      12,
      "--epochs",
      1,
      "--threads",
      1,
      "--out",
      out
    };
    Invocation.success(command);
    weights = out.resolve("model.safetensors");
  }

  private static Object[] evaluate(Path report, Object... more) {
    Object[] command = {
      "evaluate", "--model", "resnet20-cifar", "--weights", weights, "--data", data, "--threads", 1
    };
    return Stream.of(command, new Object[] {"--report", report}, more)
        .flatMap(Arrays::stream)
        .toArray();
  }

  @Test
  void tablesAgreeWithTheCount() throws IOException {
    Path report = folder.resolve("plain");
    int right = right(Invocation.success(evaluate(report)).out());
    assertThat(sum(report)).isEqualTo(right);
    assertThat(rightOnes(Files.readAllLines(report.resolve("predictions.csv")))).isEqualTo(right);
    List<String> confusion = Files.readAllLines(report.resolve("confusion.csv"));
    assertThat(confusion).hasSize(4).first().isEqualTo("class,arrow,circle,crescent");
    int diagonal = 0;
    for (int i = 1; i < 4; i++) {
      diagonal += Integer.parseInt(confusion.get(i).split(",")[i]);
    }
    assertThat(diagonal).isEqualTo(right);
    assertThat(ImageIO.read(report.resolve("worst.png").toFile()).getWidth()).isGreaterThan(1000);
    assertThat(ImageIO.read(report.resolve("confusion.png").toFile())).isNotNull();
    String page = Files.readString(report.resolve("report.html"));
    assertThat(page).contains("resnet20-cifar on " + data, "evaluation", "arrow");
    assertThat(page).as("all that it shows is in it").doesNotContain("<script", "http", "file:");
  }

  @Test
  void averagesOfViewsAreReportedToo() throws IOException {
    Path report = folder.resolve("views");
    int right = right(Invocation.success(evaluate(report, "--scales=16,20")).out());
    assertThat(sum(report)).isEqualTo(right);
  }

  @Test
  void scalesAreResizedAsTheWeightsSay() throws IOException {
    Path bicubic = folder.resolve("bicubic.safetensors");
    WeightFile read = WeightFile.read(weights);
    Map<String, String> metadata = new HashMap<>(read.metadata());
    metadata.put("transform", "resize16-crop16-bicubic");
    new WeightFile(read.weights(), metadata, List.of()).write(bicubic);
    String bilinear = predictions(weights, "--scales=20");
    assertThat(predictions(bicubic, "--scales=20")).isNotEqualTo(bilinear);
    assertThat(predictions(bicubic, "--scales=16"))
        .as("not resized")
        .isEqualTo(predictions(weights, "--scales=16"));
  }

  private static String predictions(Path weights, String option) throws IOException {
    Path report = Files.createTempDirectory(folder, "scales").resolve("report");
    Object[] command = {"evaluate", "--model", "resnet20-cifar", "--weights", weights};
    Object[] images = {"--data", data, "--threads", 1, "--report", report, option};
    Invocation.success(Stream.of(command, images).flatMap(Arrays::stream).toArray());
    return Files.readString(report.resolve("predictions.csv"));
  }

  @Test
  void otherResultsAreNotReplaced() throws IOException {
    Path report = folder.resolve("twice");
    Invocation.success(evaluate(report, "--json"));
    byte[] before = Files.readAllBytes(report.resolve("report.html"));
    assertThat(Invocation.failure(evaluate(report)))
        .contains("report.html would be replaced: choose another --report");
    assertThat(Invocation.failure(evaluate(folder.resolve("trained"))))
        .contains("would be replaced");
    assertThat(report.resolve("report.html")).hasBinaryContent(before);
  }

  private static int right(String out) {
    Matcher count = RIGHT.matcher(out);
    assertThat(count.find()).as(out).isTrue();
    return Integer.parseInt(count.group(1));
  }

  /** The right answers of all classes. */
  private static int sum(Path report) throws IOException {
    return Files.readAllLines(report.resolve("classes.csv")).stream()
        .skip(1)
        .mapToInt(line -> Integer.parseInt(line.split(",")[2]))
        .sum();
  }

  private static long rightOnes(List<String> predictions) {
    assertThat(predictions).hasSize(13);
    return predictions.stream()
        .skip(1)
        .map(line -> line.split(","))
        .filter(cells -> cells[1].equals(cells[2]))
        .count();
  }
}
