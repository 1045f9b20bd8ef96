package dev.residual.bench.gpu;

import dev.residual.bench.gpu.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Published weights give the published answers: {@code residual evaluate} counts as the files
 * {@code expected.json} of the data say.
 *
 * @param device as {@link dev.residual.Backends#named} takes it
 * @param data the folder of weights and images; null if there is none
 */
record WeightsPart(String device, @Nullable Path data) implements Part {

  private static final List<String> PRECISIONS = List.of("f32", "f16", "bf16");

  /** A network, its data, and how many images it knows. */
  private record Count(
      String model,
      String weights,
      String set,
      List<String> options,
      List<String> precisions,
      int images,
      int top1) {

    /** Halves move images that are between two classes, by half a point; floats hardly any. */
    double tolerance(String precision) {
      return precision.equals("f32")
          ? Math.max(2, 3e-4 * images)
          : Math.max(4, Math.ceil(5e-3 * images));
    }
  }

  @Override
  public String name() {
    return "weights";
  }

  @Override
  public Duration limit() {
    return Duration.ofSeconds(75);
  }

  @Override
  public Finding run(Programs programs) throws IOException {
    if (data == null) {
      return Finding.skipped("no folder of weights and images: --data, or DATA= of make");
    }
    List<Count> counts = counts(data);
    if (counts.isEmpty()) {
      return Finding.failed("%s has no cifar10 or imagenet with an expected.json".formatted(data));
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    int wrong = 0;
    for (Count count : counts) {
      for (String precision : count.precisions) {
        Map<String, Object> row = evaluate(programs, data, count, precision);
        rows.add(row);
        wrong += Boolean.TRUE.equals(row.get("right")) ? 0 : 1;
      }
    }
    return Finding.of(wrong == 0, "%d counts, %d wrong".formatted(rows.size(), wrong))
        .withRows(rows);
  }

  private static List<Count> counts(Path data) throws IOException {
    List<Count> counts = new ArrayList<>();
    Path cifar = data.resolve("cifar10/expected.json");
    if (Files.exists(cifar)) {
      JsonNode expected = JsonMapper.shared().readTree(Files.readString(cifar));
      for (Map.Entry<String, JsonNode> model : expected.path("models").properties()) {
        counts.add(
            new Count(
                model.getKey() + "-cifar",
                "weights/" + model.getValue().path("file").asString(),
                "cifar10/cifar10-jpeg.zip",
                List.of(),
                counts.isEmpty() ? PRECISIONS : List.of("f16"),
                expected.path("images").asInt(),
                model.getValue().path("top1_correct").asInt()));
      }
    }
    Path imagenet = data.resolve("imagenet/expected.json");
    if (Files.exists(imagenet)) {
      JsonNode expected =
          JsonMapper.shared().readTree(Files.readString(imagenet)).path("resize256_crop224");
      counts.add(
          new Count(
              "resnet18",
              "imagenet/resnet18-ktb-small.safetensors",
              "imagenet/imagenette-val-400.zip",
              List.of("--classes", data.resolve("imagenet/classes.txt").toString()),
              PRECISIONS,
              expected.path("images").asInt(),
              expected.path("top1").asInt()));
    }
    return counts;
  }

  private Map<String, Object> evaluate(Programs programs, Path data, Count count, String precision)
      throws IOException {
    List<String> command = Programs.java("dev.residual.cli.Main", "evaluate");
    command.addAll(List.of("--model", count.model, "--backend", device));
    command.addAll(List.of("--weights", data.resolve(count.weights).toString()));
    command.addAll(List.of("--data", data.resolve(count.set).toString()));
    command.addAll(count.options);
    command.addAll(List.of("--batch", "200", "--precision", precision, "--json"));
    Ended ended = programs.run("weights-%s-%s".formatted(count.model, precision), command);
    Map<String, Object> found = Json.lastObject(ended.output());
    double top1 = Json.number(found, "top1");
    boolean isRight =
        ended.isRight()
            && Json.number(found, "images") == count.images
            && Math.abs(top1 - count.top1) <= count.tolerance(precision);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", count.model);
    row.put("precision", precision);
    row.put("images", found.getOrDefault("images", ended.problem()));
    row.put("top1", top1);
    row.put("expected", count.top1);
    row.put("tolerance", count.tolerance(precision));
    row.put("imagesPerSecond", Json.number(found, "imagesPerSecond"));
    row.put("right", isRight);
    return row;
  }
}
