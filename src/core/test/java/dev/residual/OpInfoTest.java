package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.Eltwise;
import dev.residual.graph.Eltwise.Function;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Softmax;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The samples of PyTorch's own tests give PyTorch's results, in double precision on the reference
 * backend and in single precision on the processor. {@code -Dresidual.test.python=PROGRAM} names a
 * Python with PyTorch; {@code opinfo.py} says what is asked of it.
 */
class OpInfoTest {
  @TempDir Path folder;

  /** A line of the script: an operation with its numbers, or a tensor. */
  private record Sample(String op, double[] numbers, Map<String, Tensor> tensors) {}

  @Test
  void samplesGiveTheResultsOfPyTorch() throws Exception {
    String python = System.getProperty("residual.test.python");
    assumeTrue(python != null, "residual.test.python names no Python with PyTorch");
    List<Sample> samples = samples(Objects.requireNonNull(python));
    assertThat(samples).hasSizeGreaterThan(60);
    List<String> ops = samples.stream().map(Sample::op).distinct().toList();
    System.out.printf("OpInfo: %d samples of %s%n", samples.size(), ops);
    assertThat(ops).hasSize(15);
    for (Sample sample : samples) {
      require(sample, Backends.reference(), DType.F64, 1e-10);
      require(sample, Backends.cpu(), DType.F32, 1e-5);
    }
  }

  private List<Sample> samples(String python) throws IOException, InterruptedException {
    Path output = folder.resolve("samples");
    Process process =
        new ProcessBuilder(python, Path.of("test", "python", "opinfo.py").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    List<Sample> samples = new ArrayList<>();
    for (String line : Files.readAllLines(output, StandardCharsets.US_ASCII)) {
      int colon = line.indexOf(" :");
      if (colon < 0) {
        String[] words = line.split(" ");
        samples.add(new Sample(words[0], numbers(words, 1), new LinkedHashMap<>()));
      } else {
        String[] words = line.substring(0, colon).split(" ");
        int[] dims = Arrays.stream(numbers(words, 1)).mapToInt(n -> (int) n).toArray();
        double[] elements = numbers(line.substring(colon + 2).strip().split(" "), 0);
        samples.getLast().tensors().put(words[0], Tensor.of(Shape.of(dims), elements));
      }
    }
    return samples;
  }

  private static double[] numbers(String[] words, int from) {
    return Stream.of(words)
        .skip(from)
        .mapToDouble(
            word ->
                switch (word) {
                  case "inf" -> Double.POSITIVE_INFINITY;
                  case "-inf" -> Double.NEGATIVE_INFINITY;
                  case "nan" -> Double.NaN;
                  default -> Double.parseDouble(word);
                })
        .toArray();
  }

  private static void require(Sample sample, Backend backend, DType dtype, double tolerance) {
    GraphBuilder builder = new GraphBuilder(dtype);
    Map<String, Value> values = new LinkedHashMap<>();
    sample
        .tensors()
        .forEach(
            (name, tensor) ->
                values.put(
                    name,
                    switch (name) {
                      case "weights", "bias", "scale", "shift" ->
                          builder.parameter(name, tensor.shape());
                      case "mean", "variance" -> builder.state(name, tensor.shape());
                      case "labels" -> Value.input(name, tensor.shape(), DType.I32);
                      default -> builder.input(name, tensor.shape());
                    }));
    Value expected = Objects.requireNonNull(values.remove("dst"));
    Value dst = add(sample, builder, values);
    try (Session session = backend.compile(builder.build(dst))) {
      values.forEach(
          (name, value) -> session.write(value, sample.tensors().get(name).to(value.dtype())));
      session.run();
      Elements.requireClose(
          dtype + " " + sample.op() + " " + Arrays.toString(sample.numbers()) + values,
          sample.tensors().get(expected.name()).to(DType.F64),
          session.read(dst).to(DType.F64),
          tolerance);
    }
  }

  private static Value add(Sample sample, GraphBuilder builder, Map<String, Value> values) {
    double[] n = sample.numbers();
    Value src = values.get("src");
    Value weights = values.get("weights");
    Value bias = values.get("bias");
    return switch (sample.op()) {
      case "conv2d" -> builder.conv2d("dst", src, weights, bias, window(n), (int) n[10]);
      case "max_pool2d" -> builder.maxPool2d("dst", src, window(n));
      case "avg_pool2d" -> builder.avgPool2d("dst", src, window(n), n[10] == 1);
      case "adaptive_avg_pool2d" -> {
        Value dst = like(src, src.shape().with(2, (int) n[0]).with(3, (int) n[1]));
        builder.add(new AdaptiveAvgPool2d(src, dst));
        yield dst;
      }
      case "batch_norm" -> norm(builder, values, n);
      case "linear" -> builder.linear("dst", src, weights, bias);
      case "softmax" -> {
        Value dst = like(src, src.shape());
        builder.add(new Softmax(src, dst, 1, false));
        yield dst;
      }
      case "cross_entropy" ->
          builder.softmaxCrossEntropy(
              "dst", src, values.getOrDefault("labels", values.get("targets")), n[0]);
      case "relu" -> builder.relu("dst", src);
      default -> function(sample, builder, src);
    };
  }

  private static Value like(Value src, Shape shape) {
    return Value.activation("dst", shape, src.dtype());
  }

  private static Window window(double[] n) {
    return new Window(
        (int) n[0],
        (int) n[1],
        (int) n[2],
        (int) n[3],
        (int) n[4],
        (int) n[5],
        (int) n[6],
        (int) n[7],
        (int) n[8],
        (int) n[9]);
  }

  private static Value norm(GraphBuilder builder, Map<String, Value> values, double[] n) {
    Value src = values.get("src");
    Value scale = values.get("scale");
    Value shift = values.get("shift");
    Value mean = values.get("mean");
    Value variance = values.get("variance");
    return n[0] == 1
        ? builder.batchNorm("dst", src, scale, shift, mean, variance, n[2], n[1])
        : builder.batchNormInference("dst", src, scale, shift, mean, variance, n[2]);
  }

  private static Value function(Sample sample, GraphBuilder builder, Value src) {
    double[] n = sample.numbers();
    Value dst = like(src, src.shape());
    Function function = Function.valueOf(sample.op().toUpperCase(Locale.ROOT));
    builder.add(new Eltwise(src, dst, function, n[0], n[1]));
    return dst;
  }
}
