package dev.residual.bench;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The fused convolutions of ResNet-50's inference: with bias and ReLU, and those that end a block
 * with bias, addition and ReLU. {@link ConvolutionBenchmark} has them alone.
 *
 * <p>Run with {@code make bench B=Fused}.
 */
@Warmup(iterations = 2, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 125, timeUnit = TimeUnit.MILLISECONDS)
public class FusedConvolutionBenchmark extends FrameworkBenchmark {

  /** What oneDNN's benchdnn would call these problems, and what is fused into them. */
  @Param({
    "ic3ih224oc64kh7sh2ph3+relu",
    "ic64ih56oc64kh1sh1ph0+relu",
    "ic64ih56oc64kh3sh1ph1+relu",
    "ic64ih56oc256kh1sh1ph0+add+relu",
    "ic256ih56oc64kh1sh1ph0+relu",
    "ic256ih56oc128kh1sh1ph0+relu",
    "ic128ih56oc128kh3sh2ph1+relu",
    "ic128ih28oc512kh1sh1ph0+add+relu",
    "ic512ih28oc128kh1sh1ph0+relu",
    "ic128ih28oc128kh3sh1ph1+relu",
    "ic512ih28oc256kh1sh1ph0+relu",
    "ic256ih28oc256kh3sh2ph1+relu",
    "ic256ih14oc1024kh1sh1ph0+add+relu",
    "ic1024ih14oc256kh1sh1ph0+relu",
    "ic256ih14oc256kh3sh1ph1+relu",
    "ic1024ih14oc512kh1sh1ph0+relu",
    "ic512ih14oc512kh3sh2ph1+relu",
    "ic512ih7oc2048kh1sh1ph0+add+relu",
    "ic2048ih7oc512kh1sh1ph0+relu",
    "ic512ih7oc512kh3sh1ph1+relu"
  })
  public String shape;

  /** Images a run. */
  @Param("32")
  public int batch;

  @Override
  Job open(Framework opened) {
    if (!(opened instanceof ResidualFramework)) {
      throw new UnsupportedOperationException(
          "no single fused convolution through " + opened.description());
    }
    return SessionJob.of(op(Precisions.of(precision)), threads());
  }

  private Conv2d op(DType dtype) {
    boolean add = shape.endsWith("+add+relu");
    if (!shape.endsWith("+relu")) {
      throw new IllegalArgumentException(shape + " ends neither in +relu nor in +add+relu");
    }
    ConvolutionShape conv = ConvolutionShape.parse(shape.replaceFirst("\\+.*", ""));
    Value src = Value.input("src", conv.src(batch), dtype);
    Conv2d op = Conv2d.of("dst", src, conv.out(), conv.window()).withBias().withRelu();
    return add ? op.withAdd(Value.input("add", op.dst().shape(), dtype)) : op;
  }

  /** One run. */
  @Benchmark
  public void convolve() {
    run();
  }
}
