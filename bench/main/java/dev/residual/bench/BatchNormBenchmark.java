package dev.residual.bench;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Batch normalisation of each shape of ResNet-50 in training, with what is fused into it.
 *
 * <p>Run with {@code make bench B=BatchNorm}.
 */
@Warmup(iterations = 2, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 125, timeUnit = TimeUnit.MILLISECONDS)
public class BatchNormBenchmark extends FrameworkBenchmark {
  private static final Pattern SHAPE = Pattern.compile("ic(\\d+)ih(\\d+)((\\+add)?\\+relu)?");

  /**
   * Channels and extent of an image, and what follows the normalisation and is fused: nothing, a
   * ReLU, or an addition and a ReLU, whose gradient comes in two parts.
   */
  @Param({
    "ic64ih112+relu",
    "ic64ih56+relu",
    "ic256ih56",
    "ic256ih56+add+relu",
    "ic128ih56+relu",
    "ic128ih28+relu",
    "ic512ih28",
    "ic512ih28+add+relu",
    "ic256ih28+relu",
    "ic256ih14+relu",
    "ic1024ih14",
    "ic1024ih14+add+relu",
    "ic512ih14+relu",
    "ic512ih7+relu",
    "ic2048ih7",
    "ic2048ih7+add+relu"
  })
  public String shape;

  /** What is computed: forward or backward. */
  @Param({"forward", "backward"})
  public String pass;

  /** Images a run. */
  @Param("32")
  public int batch;

  @Override
  Job open(Framework opened) {
    if (!(opened instanceof ResidualFramework)) {
      throw new UnsupportedOperationException(
          "no single batch normalisation through " + opened.description());
    }
    Matcher matcher = SHAPE.matcher(shape);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(shape + " is not a shape as ic256ih56+add+relu");
    }
    int size = Integer.parseInt(matcher.group(2));
    Shape images = Shape.of(batch, Integer.parseInt(matcher.group(1)), size, size);
    return SessionJob.of(op(images, Precisions.of(precision)), threads());
  }

  private Op op(Shape images, DType dtype) {
    boolean relu = shape.endsWith("+relu");
    boolean add = shape.contains("+add");
    Shape channels = Shape.of(images.dim(1));
    Value src = Value.input("src", images, dtype);
    Shape bits = Shape.of(BatchNorm.maskBytes(src));
    return switch (pass) {
      case "forward" -> {
        BatchNorm norm = BatchNorm.of("dst", src);
        norm = add ? norm.withAdd(Value.input("add", images, dtype)) : norm;
        yield relu ? norm.withRelu().withMask() : norm;
      }
      case "backward" ->
          new BatchNormBackward(
              src,
              Value.input("diffDst", images, dtype),
              given(add, Value.input("diffDstAdd", images, dtype)),
              Value.parameter("scale", channels),
              Value.input("mean", channels),
              Value.input("variance", channels),
              given(relu, Value.input("mask", bits, DType.U8)),
              Value.activation("diffSrc", images, dtype),
              Value.activation("diffScale", channels),
              Value.activation("diffShift", channels),
              given(add, Value.activation("diffAdd", images, dtype)),
              1e-5,
              false);
      default -> throw new IllegalArgumentException(pass + " is no pass: forward or backward");
    };
  }

  private static @Nullable Value given(boolean wanted, Value value) {
    return wanted ? value : null;
  }

  /** One run. */
  @Benchmark
  public void normalize() {
    run();
  }
}
