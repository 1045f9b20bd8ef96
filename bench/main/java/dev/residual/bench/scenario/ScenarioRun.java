package dev.residual.bench.scenario;

import dev.residual.CpuRuntime;
import dev.residual.bench.Framework;
import dev.residual.bench.Frameworks;
import dev.residual.bench.NetworkTask;
import dev.residual.bench.ResidualFramework;
import dev.residual.engine.BatchOptions;
import dev.residual.inference.BatchedNetwork;
import dev.residual.tensor.Layout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The program that measures all scenarios, and prints a table.
 *
 * <p>Run with {@code make scenarios}.
 */
public final class ScenarioRun {
  private static final int TRIALS = 6;

  private final ScenarioOptions options;
  private final BatchOptions batching;

  private ScenarioRun(ScenarioOptions options) {
    this.options = options;
    batching = BatchOptions.DEFAULT.withLargest(options.largest());
  }

  /** Measures what {@link ScenarioOptions} say. */
  public static void main(String[] args) throws IOException {
    new ScenarioRun(ScenarioOptions.parse(args)).run();
  }

  private void run() throws IOException {
    System.out.println(ScenarioTable.header());
    for (String precision : options.precisions()) {
      if (!isHere(precision)) {
        System.err.println("this processor does not compute in " + precision);
        continue;
      }
      Samples samples = samples(Layout.CHANNELS_LAST);
      ResidualFramework ours = new ResidualFramework(Frameworks.CPU);
      try (BatchedNetwork network =
          new BatchedNetwork(
              batch -> ours.network(task(precision, batch)), options.sessions(), batching)) {
        measure(
            Frameworks.RESIDUAL,
            precision,
            samples,
            image -> network.submit(MemorySegment.ofArray(image), Layout.CHANNELS_LAST));
      }
    }
    for (String name : options.peers()) {
      Samples samples = samples(Layout.ROW_MAJOR);
      Framework peer = Frameworks.named(name, Frameworks.CPU);
      try (PeerNetwork network =
          new PeerNetwork(
              batch -> peer.inference(task("f32", batch)), options.sessions(), batching)) {
        measure(name, "f32", samples, network::submit);
      }
    }
  }

  private static boolean isHere(String precision) {
    return switch (precision) {
      case "bf16" -> CpuRuntime.load().bf16();
      case "int8" -> CpuRuntime.load().int8();
      default -> true;
    };
  }

  private NetworkTask task(String precision, int batch) {
    return NetworkTask.parse(options.model() + " x " + batch, precision, options.threads());
  }

  private Samples samples(Layout layout) throws IOException {
    int side = task("f32", 1).network().height();
    return Samples.of(options.images(), side, layout);
  }

  private void measure(
      String name,
      String precision,
      Samples samples,
      Function<float[], CompletableFuture<float[]>> network) {
    for (boolean decoding : List.of(false, true)) {
      try (SystemUnderTest system = new SystemUnderTest(samples, decoding, network)) {
        // The first answers take longer: code is compiled, memory touched.
        Duration warmup = options.duration().dividedBy(5);
        new LoadGenerator(system, warmup, options.seed()).offline();
        LoadGenerator generator = new LoadGenerator(system, options.duration(), options.seed());
        Measurement single = generator.singleStream();
        Measurement offline = generator.offline();
        // Images that others may wait for are not answered sooner than images alone.
        Optional<Measurement> server =
            single.holds(options.bound())
                ? RateSearch.largest(
                    offline.rate(),
                    TRIALS,
                    generator::server,
                    measured -> measured.holds(options.bound()))
                : Optional.empty();
        print(Scenario.SINGLE_STREAM, Optional.of(single), name, precision, decoding);
        print(
            Scenario.MULTI_STREAM,
            Optional.of(generator.multiStream(options.streams())),
            name,
            precision,
            decoding);
        print(Scenario.SERVER, server, name, precision, decoding);
        print(Scenario.OFFLINE, Optional.of(offline), name, precision, decoding);
      }
    }
  }

  private static void print(
      Scenario scenario,
      Optional<Measurement> measured,
      String name,
      String precision,
      boolean decoding) {
    System.out.println(ScenarioTable.line(scenario, measured, name, precision, decoding));
  }
}
