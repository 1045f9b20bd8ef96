package dev.residual.bench.gpu;

import dev.residual.Backends;
import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.engine.CompileOptions;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.train.Batch;
import dev.residual.train.Sgd;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A program that trains, and prints by how much the memory of its process and of the GPU grew after
 * the first steps. Its arguments are the device and the number of steps.
 */
public final class MemoryGrowth {
  private static final int WARM_UP = 200;
  private static final int BATCH = 32;
  private static final int OFTEN = 20;

  /** What code that is compiled late and counters of libraries take: not 10 KiB a step. */
  private static final long HOST_BYTES = 16L << 20;

  /** The driver hands out pages of 2 MiB, and other processes of the GPU may take some. */
  private static final long DEVICE_BYTES = 4L << 20;

  private MemoryGrowth() {}

  /** Trains. */
  public static void main(String[] args) throws IOException {
    String device = args[0];
    int steps = Integer.parseInt(args[1]);
    int from = Math.min(WARM_UP, steps / 2);
    int colon = device.indexOf(':');
    CudaDevice gpu = CudaDevice.open(colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1)));
    ResNet network = ResNet.named("resnet20-cifar");
    Model model = network.training(BATCH);
    TrainingGraph graph = TrainingGraph.of(model, new Sgd(0.9, 1e-4), 0).withPrecision(DType.F16);
    Weights weights = network.initializer(0).weights(model.graph());
    long host = 0;
    long free = 0;
    long hostGrowth = 0;
    long deviceGrowth = 0;
    try (Trainer trainer =
        new Trainer(Backends.named(device), CompileOptions.DEFAULT, graph, weights)) {
      Batch batch =
          new Batch(
              noise(model.images().shape().elements()),
              Layout.CHANNELS_LAST,
              MemorySegment.ofArray(new int[BATCH]),
              BATCH);
      for (int step = 1; step <= steps; step++) {
        trainer.step(batch, 1e-4);
        if (step == from) {
          host = residentBytes();
          free = gpu.freeMemory();
        } else if (step > from && (step % OFTEN == 0 || step == steps)) {
          hostGrowth = Math.max(hostGrowth, residentBytes() - host);
          deviceGrowth = Math.max(deviceGrowth, free - gpu.freeMemory());
        }
      }
    }
    System.out.printf(
        "{\"steps\": %d, \"from\": %d, \"hostBytes\": %d, \"hostGrowthBytes\": %d,"
            + " \"deviceFreeBytes\": %d, \"deviceGrowthBytes\": %d}%n",
        steps, from, host, hostGrowth, free, deviceGrowth);
  }

  /** Whether so much is no growth that goes on. */
  static boolean isFlat(long hostGrowth, long deviceGrowth) {
    return hostGrowth <= HOST_BYTES && deviceGrowth <= DEVICE_BYTES;
  }

  private static MemorySegment noise(long elements) {
    SplittableRandom random = new SplittableRandom(0);
    float[] numbers = new float[Math.toIntExact(elements)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextDouble(-2, 2);
    }
    return MemorySegment.ofArray(numbers);
  }

  private static long residentBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow(() -> new IOException("/proc/self/status has no VmRSS"));
  }
}
