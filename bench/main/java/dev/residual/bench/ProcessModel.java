package dev.residual.bench;

import dev.residual.graph.AllReduce;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.tensor.DType;
import dev.residual.train.Distribution;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A model of a training step of many processes, each on a machine of its own. It is no measurement.
 *
 * <p>It assumes: every machine computes a step in the time that one was measured to take alone. Of
 * that time operations take parts in proportion to their arithmetic. Buckets are summed one after
 * the other, each begins when its last gradient is there, and summing takes nothing from computing.
 * A sum of {@code b} bytes over {@code n} processes takes {@code 2 (n - 1) / n * b / bandwidth + 2
 * log2(n) * latency} seconds, which is what recursive halving and doubling takes on a network that
 * all can use at once (Thakur, Rabenseifner and Gropp 2005). Updates wait for the last bucket.
 *
 * @param seconds of a step of one process
 * @param updates the part of the step after the last gradient
 * @param buckets in the order in which they are ready
 * @param latency of a message, in seconds
 */
public record ProcessModel(double seconds, double updates, List<Bucket> buckets, double latency) {
  private static final int[] PROCESSES = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  private static final double[] GIGABITS = {1, 10, 25, 100};

  /** The part of a link's bandwidth that messages reach. */
  private static final double REACHED = 0.8;

  private static final double LATENCY = 20e-6;

  /**
   * Gradients that are summed at once.
   *
   * @param ready the part of the step after which they are there
   * @param bytes their size
   */
  public record Bucket(double ready, long bytes) {}

  /** The model of the step of a graph that was measured to take so long. */
  static ProcessModel of(Graph step, double seconds, double latency) {
    double whole = step.ops().stream().mapToDouble(op -> Cost.of(op).flops()).sum();
    List<Bucket> buckets = new ArrayList<>();
    double done = 0;
    for (Op op : step.ops()) {
      done += Cost.of(op).flops();
      if (op instanceof AllReduce sum) {
        buckets.add(new Bucket(done / whole, sum.bytes()));
      }
    }
    double last = buckets.isEmpty() ? 1 : buckets.getLast().ready();
    return new ProcessModel(seconds, 1 - last, List.copyOf(buckets), latency);
  }

  /** The bytes that a process sends in a step. */
  double sent(int processes) {
    long bytes = buckets.stream().mapToLong(Bucket::bytes).sum();
    return 2.0 * (processes - 1) / processes * bytes;
  }

  /** The seconds of a step, over links of so many bytes a second. */
  double step(int processes, double bandwidth) {
    if (processes == 1) {
      return seconds;
    }
    double summed = 0;
    for (Bucket bucket : buckets) {
      double sum =
          2.0 * (processes - 1) / processes * bucket.bytes() / bandwidth
              + 2 * Math.ceil(Math.log(processes) / Math.log(2)) * latency;
      summed = Math.max(summed, bucket.ready() * seconds) + sum;
    }
    return Math.max(summed, (1 - updates) * seconds) + updates * seconds;
  }

  /** The part of the speed of as many machines that do not wait for each other. */
  double efficiency(int processes, double bandwidth) {
    return seconds / step(processes, bandwidth);
  }

  /**
   * Prints the efficiency for some numbers of processes and links.
   *
   * @param args a network, the images of a process in a step, and the seconds that these were
   *     measured to take
   */
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: bench/processes NETWORK BATCH SECONDS");
      System.exit(2);
    }
    ImageNetwork network = Networks.named(args[0]);
    int batch = Integer.parseInt(args[1]);
    Recipe recipe = new Recipe(1, batch, new Sgd(0.9, 1e-4), new Schedule.Constant(0), 0);
    Graph step =
        TrainingGraph.of(network.training(batch), recipe, false, DType.F32, Distribution.of(2))
            .graph();
    ProcessModel model = of(step, Double.parseDouble(args[2]), LATENCY);
    System.out.printf(
        Locale.ROOT,
        "%s, %d images a process: %.0f ms, %d buckets, %.1f MB of gradients%n",
        args[0],
        batch,
        model.seconds() * 1e3,
        model.buckets().size(),
        model.buckets().stream().mapToLong(Bucket::bytes).sum() / 1e6);
    System.out.print("processes");
    for (double gigabits : GIGABITS) {
      System.out.printf(Locale.ROOT, "%8.0f Gbit/s", gigabits);
    }
    System.out.println();
    for (int processes : PROCESSES) {
      System.out.printf("%9d", processes);
      for (double gigabits : GIGABITS) {
        double efficiency = model.efficiency(processes, gigabits * 1e9 / 8 * REACHED);
        System.out.printf(Locale.ROOT, "%14.1f %%", 100 * efficiency);
      }
      System.out.println();
    }
  }
}
