package dev.residual.bench;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Each convolution of ResNet-50 and its gradients, alone.
 *
 * <p>Run with {@code make bench B=Convolution}.
 */
@Warmup(iterations = 2, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 125, timeUnit = TimeUnit.MILLISECONDS)
public class ConvolutionBenchmark extends FrameworkBenchmark {

  /** What oneDNN's benchdnn would call these problems. */
  @Param({
    "ic3ih224oc64kh7sh2ph3",
    "ic64ih56oc64kh1sh1ph0",
    "ic64ih56oc64kh3sh1ph1",
    "ic64ih56oc256kh1sh1ph0",
    "ic256ih56oc64kh1sh1ph0",
    "ic256ih56oc128kh1sh1ph0",
    "ic128ih56oc128kh3sh2ph1",
    "ic128ih28oc512kh1sh1ph0",
    "ic256ih56oc512kh1sh2ph0",
    "ic512ih28oc128kh1sh1ph0",
    "ic128ih28oc128kh3sh1ph1",
    "ic512ih28oc256kh1sh1ph0",
    "ic256ih28oc256kh3sh2ph1",
    "ic256ih14oc1024kh1sh1ph0",
    "ic512ih28oc1024kh1sh2ph0",
    "ic1024ih14oc256kh1sh1ph0",
    "ic256ih14oc256kh3sh1ph1",
    "ic1024ih14oc512kh1sh1ph0",
    "ic512ih14oc512kh3sh2ph1",
    "ic512ih7oc2048kh1sh1ph0",
    "ic1024ih14oc2048kh1sh2ph0",
    "ic2048ih7oc512kh1sh1ph0",
    "ic512ih7oc512kh3sh1ph1"
  })
  public String shape;

  /** Images a run. */
  @Param("32")
  public int batch;

  /** What is computed: forward, backward-data or backward-weights. */
  @Param({"forward", "backward-data", "backward-weights"})
  public String pass;

  @Override
  Job open(Framework opened) {
    return opened.convolution(
        new ConvolutionTask(
            ConvolutionShape.parse(shape),
            batch,
            Pass.valueOf(pass.toUpperCase(Locale.ROOT).replace('-', '_')),
            Precisions.of(precision),
            threads()));
  }

  /** One run. */
  @Benchmark
  public void convolve() {
    run();
  }
}
