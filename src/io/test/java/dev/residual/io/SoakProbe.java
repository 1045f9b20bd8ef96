package dev.residual.io;

import dev.residual.Backends;
import dev.residual.backend.onednn.ProbeJvm;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Part;
import dev.residual.io.images.Images;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import dev.residual.train.Sgd;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import dev.residual.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A program that does what a service does, in random order: inference, training, opening and
 * closing, forks, and reloading of weights. It prints what the process holds once all has been done
 * often, and at the end. An answer that is another one than the first time ends it.
 */
final class SoakProbe implements AutoCloseable {
  /** How often each thing is done before the first look at what the process holds, at least. */
  private static final int WARM_UP = 20;

  private static final int BATCH = 4;

  private final Backend cpu = Backends.cpu();
  private final CompileOptions one = new CompileOptions(1);
  private final Model model = TinyNetwork.inference(1);
  private final Pixels image = Images.pattern(9, 12);
  private final Embedder kept =
      new Embedder(
          cpu, TinyModels.of(TinyModels.weights(1)), EmbedderOptions.DEFAULT.withThreads(1));
  private final Path weights;
  private final Path checkpoint;
  private final Path images;

  /** One thing that is done, and what came of it, as a number. */
  @FunctionalInterface
  private interface Deed {
    int run() throws IOException;
  }

  private SoakProbe(Path folder) throws IOException {
    weights = folder.resolve("weights.safetensors");
    checkpoint = folder.resolve("weights.pth");
    WeightFile.write(weights, TinyModels.weights(2));
    images = Images.zip(folder.resolve("set.zip"), "cat/1.png", "cat/2.png", "dog/3.png");
  }

  public static void main(String[] arguments) throws IOException {
    double seconds = Double.parseDouble(arguments[0]);
    RandomGenerator random = new SplittableRandom(Long.parseLong(arguments[1]));
    try (SoakProbe probe = new SoakProbe(Path.of(arguments[2]))) {
      List<Deed> deeds =
          List.of(
              probe::classify,
              probe::embed,
              probe::reload,
              probe::train,
              probe::fork,
              probe::pool,
              probe::convert,
              probe::load);
      int[] answers = new int[deeds.size()];
      Arrays.setAll(answers, i -> -1);
      repeat(deeds, answers, random, seconds / 4, WARM_UP * deeds.size());
      System.out.println(held());
      long count = repeat(deeds, answers, random, seconds, 0);
      System.out.println(held());
      System.out.println(count);
    }
  }

  private static long repeat(
      List<Deed> deeds, int[] answers, RandomGenerator random, double seconds, int atLeast)
      throws IOException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long count = 0;
    while (count < atLeast || System.nanoTime() < end) {
      int i = random.nextInt(deeds.size());
      int answer = deeds.get(i).run() & Integer.MAX_VALUE;
      if (answers[i] >= 0 && answers[i] != answer) {
        throw new IllegalStateException(
            "thing %d, done %d times: another answer".formatted(i, count));
      }
      answers[i] = answer;
      count++;
    }
    return count;
  }

  /** Resident kilobytes, open files and threads of this process. */
  private static String held() throws IOException {
    System.gc();
    return ProbeJvm.resident() + " " + entries("/proc/self/fd") + " " + entries("/proc/self/task");
  }

  private static int entries(String folder) {
    return Objects.requireNonNull(Path.of(folder).toFile().list()).length;
  }

  private int classify() throws IOException {
    try (Classifier classifier =
        new Classifier(
            cpu, TinyModels.of(TinyModels.weights(1)), ClassifierOptions.DEFAULT.withThreads(1))) {
      return classifier.classify(image).hashCode();
    }
  }

  private int embed() {
    kept.replace(TinyModels.of(TinyModels.weights(1)));
    return Arrays.hashCode(kept.embed(image));
  }

  private int reload() throws IOException {
    kept.replace(weights);
    return Arrays.hashCode(kept.embed(image));
  }

  private int train() {
    SyntheticSource source = new SyntheticSource(1, 4 * BATCH, BATCH);
    try (Trainer trainer =
        new Trainer(
            cpu,
            one,
            TinyNetwork.trainingGraph(BATCH, new Sgd(0.9, 1e-4)).fused(cpu::supports),
            TinyNetwork.weights(1))) {
      trainer.seed(1);
      double loss = 0;
      for (int i = 0; i < source.batches(); i++) {
        loss += trainer.step(source.batch(0, i), 0.1);
      }
      return Double.hashCode(loss);
    }
  }

  private Session session() {
    Session session = cpu.compile(model.graph(), one);
    TinyNetwork.weights(1).writeTo(session);
    return session;
  }

  private int answer(Session session) {
    session.write(model.images(), Tensor.zeros(model.images().dtype(), model.images().shape()));
    session.run();
    return Arrays.hashCode(session.read(model.logits()).toFloats());
  }

  private int fork() {
    try (Session session = session();
        Session fork = session.fork()) {
      return 31 * answer(session) + answer(fork);
    }
  }

  private int pool() {
    try (SessionPool pool = new SessionPool(session(), 2)) {
      return pool.submit(this::answer).join();
    }
  }

  private int convert() throws IOException {
    Weights read = WeightFile.read(weights).weights();
    WeightFile.write(checkpoint, read);
    return WeightFile.read(checkpoint).weights().tensors().values().stream()
        .mapToInt(tensor -> Arrays.hashCode(tensor.toFloats()))
        .sum();
  }

  private int load() throws IOException {
    int sum = 0;
    try (DataSet set = DataSets.open(images.toString(), Part.TEST, 32)) {
      for (int i = 0; i < set.size(); i++) {
        sum = 31 * sum + Arrays.hashCode(set.image(i).rgb());
      }
    }
    return sum;
  }

  @Override
  public void close() {
    kept.close();
  }
}
