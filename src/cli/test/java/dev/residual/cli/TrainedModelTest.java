package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Evaluation, classification and conversion of a network that was trained on drawn images. */
class TrainedModelTest {
  /** 5 x 3 pixels of noise, whose EXIF data say that they lie on their left side. */
  private static final String TURNED =
      "/9j/4AAQSkZJRgABAQAAAQABAAD/4QA2RXhpZgAATU0AKgAAAAgAAgEPAAIAAAAIAAAAJgESAAMAAAABAAYAAAAA"
          + "AABhIG1ha2VyAP/bAEMAFA4PEg8NFBIQEhcVFBgeMiEeHBwePSwuJDJJQExLR0BGRVBac2JQVW1WRUZkiGVtd3uB"
          + "goFOYI2XjH2Wc36BfP/bAEMBFRcXHhoeOyEhO3xTRlN8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8"
          + "fHx8fHx8fHx8fHx8fHx8fP/AABEIAAMABQMBIgACEQEDEQH/xAAVAAEBAAAAAAAAAAAAAAAAAAAAA//EABgQAAMB"
          + "AQAAAAAAAAAAAAAAAAABAgMR/8QAFQEBAQAAAAAAAAAAAAAAAAAAAgP/xAAYEQADAQEAAAAAAAAAAAAAAAAAAQIh"
          + "Mf/aAAwDAQACEQMRAD8AphKnKVK4kAAvpSNlH//Z";

  @TempDir static Path shared;
  @TempDir Path folder;
  private static Path data;
  private static Path weights;

  @BeforeAll
  static void train() throws IOException {
    data = Pictures.dataSet(shared.resolve("data"));
    Path out = shared.resolve("out");
    Invocation.success(
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
        "--out",
        out,
        "--threads",
        1);
    weights = out.resolve("model.safetensors");
  }

  private static Invocation evaluate(Object... more) {
    Object[] first = {"evaluate", "--model", "resnet20-cifar", "--weights", weights, "--data"};
    return Invocation.success(Stream.concat(Stream.of(first), Stream.of(more)).toArray());
  }

  @Test
  void evaluationPrintsExactlyOneObject() {
    Map<String, Double> result = Results.parse(evaluate(data, "--json").out());
    assertThat(result).containsOnlyKeys("images", "top1", "top5", "imagesPerSecond");
    assertThat(result).containsEntry("images", 12.0).containsEntry("top5", 12.0);
    assertThat(result.get("top1")).isBetween(0.0, 12.0);
    assertThat(result.get("imagesPerSecond")).isPositive();
  }

  @Test
  void theReferenceAgreesWithTheProcessorWhateverTheBatch() {
    Map<String, Double> cpu = Results.parse(evaluate(data, "--json").out());
    Map<String, Double> reference =
        Results.parse(evaluate(data, "--json", "--backend", "reference", "--batch", 5).out());
    assertThat(reference.get("top1")).isEqualTo(cpu.get("top1"));
  }

  @Test
  void resultsAreReadableWithoutJson() {
    assertThat(evaluate(data).out()).contains("images  12", "top-1", "top-5", "images/s");
  }

  @Test
  void classesAreFoundByTheirNamesWhereTheFileKnowsThem() throws IOException {
    Path two = folder.resolve("two");
    copy(data.resolve("test/crescent"), two.resolve("crescent"));
    copy(data.resolve("test/circle"), two.resolve("circle"));
    Path index = folder.resolve("classes.txt");
    Files.writeString(index, "circle 1\ncrescent 2\n");
    Map<String, Double> named = Results.parse(evaluate(two, "--json").out());
    Map<String, Double> given = Results.parse(evaluate(two, "--json", "--classes", index).out());
    assertThat(named.get("top1")).isEqualTo(given.get("top1"));
    Files.writeString(index, "circle 0\n");
    assertThat(failure("evaluate", "--data", two, "--classes", index))
        .contains("class 'crescent' has no index");
    Files.writeString(index, "circle 0\ncrescent 7\n");
    assertThat(failure("evaluate", "--data", two, "--classes", index))
        .contains("classes up to number 7", "is for 3");
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static String failure(String command, Object... more) {
    Object[] first = {command, "--model", "resnet20-cifar", "--weights", weights};
    return Invocation.failure(Stream.concat(Stream.of(first), Stream.of(more)).toArray());
  }

  @Test
  void moreClassesThanTheNetworkHasAreRefused() {
    assertThat(failure("evaluate", "--data", "shapes"))
        .contains("the class 'cross' is not among the 3 that", "--classes F");
  }

  @Test
  void unknownTransformsAreWrongUse() {
    assertThat(
            Invocation.wrongUse(
                "evaluate",
                "--model",
                "resnet20-cifar",
                "--weights",
                weights,
                "--data",
                data,
                "--transform",
                "zoom9"))
        .contains("zoom9", "resize256-crop224");
  }

  @Test
  void damagedWeightsAreNamed() throws IOException {
    Path cut = folder.resolve("cut.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    assertThat(
            Invocation.failure(
                "evaluate", "--model", "resnet20-cifar", "--weights", cut, "--data", data))
        .contains("cut.safetensors");
    assertThat(
            Invocation.failure(
                "evaluate", "--model", "resnet56-cifar", "--weights", weights, "--data", data))
        .contains("no weights of resnet56-cifar, but of resnet20-cifar", "and ");
  }

  @Test
  void weightsThatAreNotFiniteAreRefusedByName() throws IOException {
    Path spoilt = folder.resolve("spoilt.safetensors");
    Weights read = WeightFile.read(weights).weights();
    read.get("layer2.0.bn1.bias").set(3, Double.NaN);
    WeightFile.write(spoilt, read);
    assertThat(
            Invocation.failure(
                "evaluate", "--model", "resnet20-cifar", "--weights", spoilt, "--data", data))
        .contains("spoilt.safetensors: layer2.0.bn1.bias holds numbers that are not finite");
  }

  @Test
  void classificationNamesTheBestClassesWithTheirProbabilities() throws IOException {
    Path image = data.resolve("test/circle/001.png");
    String text =
        Invocation.success(
                "classify", "--model", "resnet20-cifar", "--weights", weights, image, image)
            .out();
    assertThat(text.lines()).hasSize(8);
    assertThat(text).contains("circle", "arrow", "crescent");
    double sum =
        text.lines()
            .skip(1)
            .limit(3)
            .mapToDouble(line -> Double.parseDouble(line.strip().split(" ")[0]))
            .sum();
    assertThat(sum).isBetween(99.9, 100.1);
  }

  @Test
  void labelsComeFromAFileOfNamesOrOfNumbers() throws IOException {
    Path image = data.resolve("test/circle/001.png");
    Path labels = folder.resolve("labels.txt");
    Files.writeString(labels, "Pfeil\nKreis\nMond\n");
    assertThat(classified(labels, image)).contains("Pfeil", "Kreis", "Mond");
    Files.writeString(labels, "moon 2\nround thing 1\n");
    assertThat(classified(labels, image)).contains("moon", "round thing", "class 0");
    Files.writeString(labels, "one\ntwo\n");
    assertThat(failure("classify", "--labels", labels, image)).contains("2 labels", "3 classes");
    Files.writeString(labels, "x 3\n");
    assertThat(failure("classify", "--labels", labels, image))
        .contains("1 labels", "3 classes", "below 3");
  }

  private static String classified(Path labels, Path image) {
    return Invocation.success(
            "classify",
            "--model",
            "resnet20-cifar",
            "--weights",
            weights,
            "--labels",
            labels,
            image)
        .out();
  }

  @Test
  void whatIsNoImageIsNamed() throws IOException {
    Path text = folder.resolve("text.jpg");
    Files.writeString(text, "no image");
    assertThat(failure("classify", text)).contains("text.jpg");
    assertThat(failure("classify", folder)).contains("is a folder");
    assertThat(failure("classify", folder.resolve("no.png"))).contains("no.png");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pth", "th", "pt", "safetensors"})
  void convertedWeightsGiveTheSameResult(String extension) {
    Path converted = folder.resolve("model." + extension);
    assertThat(Invocation.success("convert", weights, converted).out()).contains("tensors");
    Map<String, Double> result =
        Results.parse(
            Invocation.success(
                    "evaluate",
                    "--model",
                    "resnet20-cifar",
                    "--weights",
                    converted,
                    "--data",
                    data,
                    "--transform",
                    "none",
                    "--json")
                .out());
    assertThat(result.get("top1"))
        .isEqualTo(Results.parse(evaluate(data, "--json").out()).get("top1"));
  }

  @Test
  void unknownFormatsAreRefused() {
    assertThat(Invocation.failure("convert", weights, folder.resolve("x.bin"))).contains("x.bin");
    assertThat(Invocation.wrongUse("convert", weights)).contains("OUT");
  }

  @Test
  void neitherTheInputNorADeviceIsReplaced() {
    assertThat(Invocation.failure("convert", weights, weights))
        .contains("IN and OUT", "another OUT");
    assertThat(Invocation.failure("convert", weights, "/dev/null")).contains("is a device");
    List<Object> benchmark =
        List.of("benchmark", "--model", "resnet18", "--batch", 1, "--mode", "infer", "--trace");
    Object[] traced = Stream.concat(benchmark.stream(), Stream.of("/dev/stdout")).toArray();
    assertThat(Invocation.failure(traced)).contains("/dev/stdout: is a device");
  }

  @Test
  void imagesAreTurnedIfAsked() throws IOException {
    Path image = Files.createDirectories(folder.resolve("turned/cat")).resolve("a.jpg");
    Files.write(image, Base64.getDecoder().decode(TURNED));
    String stored = classified(image);

    assertThat(classified(image, "--upright")).isNotEqualTo(stored);
  }

  private static String classified(Object... more) {
    Object[] first = {"classify", "--model", "resnet20-cifar", "--weights", weights};
    return Invocation.success(Stream.concat(Stream.of(first), Stream.of(more)).toArray()).out();
  }
}
