package dev.residual.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;

/**
 * A task of a barrier stage: one process of a training, and in the first task the launcher too.
 *
 * @param mpirun the launcher's path or name; empty to look for it
 * @param arguments of the command {@code train}
 * @param output the folder of its results
 */
record TrainingTask(String mpirun, List<String> arguments, String output) implements Serializable {
  private static final String RESUME = "--resume";
  private static final int WRONG_USE = 2;
  private static final String GPU = "gpu";
  private static final long LOOK_MILLIS = 100;
  private static final Duration GRACE = Duration.ofSeconds(5);

  /**
   * Trains to the end, or until Spark ends the task.
   *
   * @return in the first task why the training was refused, if it was; else nothing
   * @throws UncheckedIOException if a process fails, with the reasons that were given
   */
  List<String> run() {
    try {
      return train();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the task was interrupted");
    }
  }

  private List<String> train() throws IOException, InterruptedException {
    BarrierTaskContext context = BarrierTaskContext.get();
    int rank = context.partitionId();
    List<String> refusals = new ArrayList<>();
    try (Hydra hydra = rank == 0 ? start(context) : null) {
      // All learn from the first whether there is something to go on from.
      String[] told = context.allGather(hydra == null ? "" : plan(hydra))[0].split("\n", -1);
      try (RankProcess process =
          RankProcess.start(told[rank + 1], environment(context), options(context, told[0]))) {
        if (await(process.proxy(), context) != 0 && !endsSoon(hydra, context)) {
          throw process.failure();
        }
        if (hydra != null && await(hydra.process(), context) == WRONG_USE) {
          refusals.add(hydra.lastWords());
        } else if (hydra != null && hydra.process().exitValue() != 0) {
          throw new IOException("the training failed: " + hydra.lastWords());
        }
      }
    }
    context.barrier();
    return refusals;
  }

  /** Whether the launcher ends, and so says more; it is in another task but the first. */
  private static boolean endsSoon(@Nullable Hydra hydra, BarrierTaskContext context)
      throws InterruptedException {
    long end = System.nanoTime() + GRACE.toNanos();
    while (System.nanoTime() < end) {
      if (hydra != null && !hydra.process().isAlive()) {
        return true;
      }
      context.killTaskIfInterrupted();
      Thread.sleep(LOOK_MILLIS);
    }
    return false;
  }

  /** Where Spark gives out GPUs, the process sees those of its task alone. */
  private static Map<String, String> environment(BarrierTaskContext context) {
    ResourceInformation gpus = context.resourcesJMap().get(GPU);
    return gpus == null
        ? Map.of()
        : Map.of("CUDA_VISIBLE_DEVICES", String.join(",", gpus.addresses()));
  }

  private Hydra start(BarrierTaskContext context) throws IOException {
    String address = context.getTaskInfos()[0].address();
    String host = address.substring(0, address.lastIndexOf(':'));
    return Hydra.start(mpirun, host, context.numPartitions(), RankProcess.COMMAND);
  }

  private String plan(Hydra hydra) throws IOException, InterruptedException {
    Path checkpoint = Path.of(output, "checkpoint.safetensors");
    List<String> lines = new ArrayList<>();
    lines.add(Files.exists(checkpoint) ? RESUME : "");
    lines.addAll(hydra.commands());
    return String.join("\n", lines);
  }

  private List<String> options(BarrierTaskContext context, String resume) {
    List<String> all = new ArrayList<>(List.of("train", "--distributed", "mpi", "--out", output));
    if (!arguments.contains("--threads")) {
      all.addAll(List.of("--threads", String.valueOf(context.cpus())));
    }
    all.addAll(arguments);
    if (!resume.isEmpty()) {
      all.add(resume);
    }
    return all;
  }

  private static int await(Process process, BarrierTaskContext context)
      throws InterruptedException {
    while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      context.killTaskIfInterrupted();
    }
    return process.exitValue();
  }
}
