package dev.residual.bench;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The fused convolutions of ResNet-50's inference: with bias and ReLU, and those that end a block
 * with bias, addition and ReLU; "none" is the same convolution alone.
 *
 * <p>Run with {@code make bench B=Fused}.
 */
@Warmup(iterations = 2, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 125, timeUnit = TimeUnit.MILLISECONDS)
public class FusedConvolutionBenchmark extends EngineBenchmark {

  /** What oneDNN's benchdnn would call these problems. */
  @Param({
    "ic64ih56oc64kh3sh1ph1",
    "ic64ih56oc256kh1sh1ph0",
    "ic128ih28oc128kh3sh1ph1",
    "ic128ih28oc512kh1sh1ph0",
    "ic256ih14oc256kh3sh1ph1",
    "ic256ih14oc1024kh1sh1ph0",
    "ic512ih7oc512kh3sh1ph1",
    "ic512ih7oc2048kh1sh1ph0"
  })
  public String shape;

  /** What is fused: none, relu or add-relu. */
  @Param({"none", "relu", "add-relu"})
  public String form;

  /** Images a run. */
  @Param("32")
  public int batch;

  @Override
  Job open(Engine opened) {
    if (!(opened instanceof ResidualEngine)) {
      throw new UnsupportedOperationException(
          "no single fused convolution through " + opened.description());
    }
    return SessionJob.of(op(Precisions.of(precision)), threads());
  }

  private Conv2d op(DType dtype) {
    ConvolutionShape conv = ConvolutionShape.parse(shape);
    boolean fused = !form.equals("none");
    Shape dst = conv.dst(batch);
    return new Conv2d(
        Value.input("src", conv.src(batch), dtype),
        Value.parameter("weights", conv.weights(), dtype),
        given(fused, Value.parameter("bias", Shape.of(conv.out()))),
        given(form.equals("add-relu"), Value.input("add", dst, dtype)),
        Value.activation("dst", dst, dtype),
        conv.window(),
        1,
        fused);
  }

  private static @Nullable Value given(boolean wanted, Value value) {
    return wanted ? value : null;
  }

  /** One run. */
  @Benchmark
  public void convolve() {
    run();
  }
}
