package dev.residual.io.training;

import dev.residual.graph.Value;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.Sgd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What PyTorch computed, in doubles, for a network whose parameters and images come from a formula:
 * logits, gradients, and the losses of ten steps.
 */
record GoldenRun(Map<String, Object> json) {
  private static final String CIFAR = "-cifar";

  static GoldenRun read(Path file) throws IOException {
    try (JsonParser parser =
        new JsonFactory().createParser(ObjectReadContext.empty(), Files.readString(file))) {
      parser.nextToken();
      return new GoldenRun(object(value(parser)));
    }
  }

  /** The network, under this project's name, for images of the run's size. */
  ResNet network() {
    return ResNet.named(name()).input(imageShape().dim(2), imageShape().dim(3));
  }

  private String name() {
    String model = float64().get("model").toString();
    return ResNet.names().contains(model) ? model : model + CIFAR;
  }

  boolean isCifar() {
    return name().endsWith(CIFAR);
  }

  Shape imageShape() {
    List<Double> dims = numbers("input");
    return Shape.of(dims.stream().mapToInt(Double::intValue).toArray());
  }

  int batch() {
    return imageShape().dim(0);
  }

  Sgd sgd() {
    return new Sgd(setting("momentum"), setting("weight_decay"));
  }

  double learningRate() {
    return setting("lr");
  }

  /** Numbers of the run in doubles. */
  List<Double> numbers(String name) {
    return doubles(float64().get(name));
  }

  /** A number for each of many tensors. */
  Map<String, Double> norms(String name) {
    Map<String, Double> norms = new LinkedHashMap<>();
    object(float64().get(name)).forEach((key, norm) -> norms.put(key, (Double) norm));
    return norms;
  }

  /** The first values of each gradient. */
  Map<String, List<Double>> gradientHeads() {
    Map<String, List<Double>> heads = new LinkedHashMap<>();
    object(float64().get("grad_head")).forEach((key, head) -> heads.put(key, doubles(head)));
    return heads;
  }

  /** The losses of the same run in floats. */
  List<Double> float32Losses() {
    return doubles(json.get("float32_losses"));
  }

  Tensor images(DType dtype) {
    Tensor images = Tensor.zeros(dtype, imageShape());
    fill(images, "input/" + imageShape(), 2, -1);
    return images;
  }

  Tensor labels() {
    List<Double> labels = numbers("labels");
    return Tensor.of(Shape.of(labels.size()), labels.stream().mapToInt(Double::intValue).toArray());
  }

  /** The weights of a graph by the formula, which tells kinds apart by name and rank. */
  static Weights weights(Collection<Value> values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Value value : values) {
      Shape shape = value.shape();
      Tensor tensor = Tensor.zeros(value.dtype(), shape);
      String name = value.name();
      if (shape.rank() == 4) {
        double bound = Math.sqrt(6.0 / (shape.dim(1) * shape.dim(2) * shape.dim(3)));
        fill(tensor, name, 2 * bound, -bound);
      } else if (shape.rank() == 2) {
        double bound = 1 / Math.sqrt(shape.dim(1));
        fill(tensor, name, 2 * bound, -bound);
      } else if (name.endsWith(".weight") || name.endsWith(".running_var")) {
        fill(tensor, name, 1, 0.5);
      } else if (name.endsWith(".bias") || name.endsWith(".running_mean")) {
        fill(tensor, name, 0.2, -0.1);
      } else {
        throw new AssertionError("no formula for " + value);
      }
      tensors.put(name, tensor);
    }
    return new Weights(tensors);
  }

  /**
   * The same weights with elements moved by up to four floats, at random: a sum of many rounded
   * products is the exact sum of products with weights that are some roundings off, about twice as
   * many by Winograd's filtering.
   */
  static Weights roundedOtherwise(Weights weights, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> moved = new LinkedHashMap<>();
    weights
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] elements = tensor.toFloats();
              for (int i = 0; i < elements.length; i++) {
                int floats = random.nextInt(-4, 5);
                elements[i] += floats * Math.ulp(elements[i]);
              }
              moved.put(name, Tensor.of(tensor.shape(), elements));
            });
    return new Weights(moved);
  }

  private static void fill(Tensor tensor, String name, double scale, double shift) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ b & 0xFF) * 0x100000001B3L;
    }
    long n = tensor.shape().elements();
    for (long i = 0; i < n; i++) {
      long z = hash + i + 0x9E3779B97F4A7C15L;
      z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
      z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
      z ^= z >>> 31;
      tensor.set(i, scale * ((z >>> 40) * 0x1p-24) + shift);
    }
  }

  private Map<String, Object> float64() {
    return object(json.get("float64"));
  }

  private double setting(String name) {
    return (Double) object(float64().get("sgd")).get(name);
  }

  private static List<Double> doubles(Object list) {
    return ((List<?>) list).stream().map(Double.class::cast).toList();
  }

  private static Map<String, Object> object(Object value) {
    Map<String, Object> object = new LinkedHashMap<>();
    ((Map<?, ?>) value).forEach((key, element) -> object.put((String) key, element));
    return object;
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          object.put(name, value(parser));
        }
        yield object;
      }
      case START_ARRAY -> {
        List<Object> array = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          array.add(value(parser));
        }
        yield array;
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_STRING -> parser.getString();
      default -> throw new AssertionError("unexpected " + parser.currentToken());
    };
  }
}
