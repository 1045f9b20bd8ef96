package dev.residual.bench;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.ConvolutionAlgorithm;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.nn.Mode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What steps are measured by: all convolutions of a network and nothing else.
 *
 * <p>The time of a run is that of all convolutions, one after the other. Beside it, the limit is
 * noted: for each convolution the best of all its times, summed. That of oneDNN's convolutions
 * compares with other libraries, which call the same ones; our own can be faster. A step can be
 * faster than either, where its images stay in the cache from one operation to the next.
 *
 * <p>Run with {@code make bench B=Limit}.
 */
@Measurement(iterations = 6, time = 1)
public class ConvolutionLimitBenchmark extends FrameworkBenchmark {
  /** The network and the images a run. */
  @Param({
    "resnet20-cifar x 128",
    "resnet56-cifar x 128",
    "resnet18 x 1",
    "resnet18 x 32",
    "resnet50 x 1",
    "resnet50 x 32"
  })
  public String workload;

  /** With gradients (training) or without (inference). */
  @Param({"training", "inference"})
  public String mode;

  /** Who computes them: oneDNN, or whoever is fastest. */
  @Param({"onednn", "fastest"})
  public String convolutions;

  private final Map<Op, Repeated> repeated = new LinkedHashMap<>();

  private static final class Repeated implements AutoCloseable {
    final Job job;
    int count;
    long best = Long.MAX_VALUE;

    Repeated(Job job) {
      this.job = job;
    }

    void run() {
      for (int i = 0; i < count; i++) {
        long begin = System.nanoTime();
        job.run();
        best = Math.min(best, System.nanoTime() - begin);
      }
    }

    @Override
    public void close() {
      job.close();
    }
  }

  @Override
  Job open(Framework opened) {
    if (!(opened instanceof ResidualFramework)) {
      throw new UnsupportedOperationException("the limit is that of oneDNN's and our kernels");
    }
    boolean fastest = convolutions.equals("fastest");
    if (!fastest && !convolutions.equals("onednn")) {
      throw new IllegalArgumentException(convolutions + " is neither onednn nor fastest");
    }
    NetworkTask task = NetworkTask.parse(workload, precision, threads());
    if (!task.dtype().isFloating()) {
      throw new UnsupportedOperationException("the limit is that of floating convolutions");
    }
    CompileOptions options = new CompileOptions(threads());
    CompileOptions chosen =
        fastest ? options : options.withConvolutions(Set.of(ConvolutionAlgorithm.LIBRARY));
    for (Op op : SingleConvolutions.of(graph(task), task.dtype())) {
      repeated.computeIfAbsent(op, o -> new Repeated(SessionJob.of(o, chosen))).count++;
    }
    return new All();
  }

  private Graph graph(NetworkTask task) {
    return switch (mode) {
      case "training" -> ResidualFramework.step(task.model(Mode.TRAINING)).graph();
      case "inference" -> task.model(Mode.INFERENCE).graph();
      default -> throw new IllegalArgumentException(mode + " is no mode: training or inference");
    };
  }

  private final class All implements Job {
    @Override
    public void run() {
      repeated.values().forEach(Repeated::run);
    }

    @Override
    public void close() {
      repeated.values().forEach(Repeated::close);
    }
  }

  /** All convolutions once. */
  @Benchmark
  public void convolutions() {
    run();
  }

  /** Notes the limit. */
  @TearDown
  public void note(BenchmarkParams params) {
    double nanoseconds =
        repeated.values().stream().mapToDouble(r -> (double) r.count * r.best).sum();
    Notes.write(params, Notes.LIMIT, nanoseconds / 1e6);
  }
}
