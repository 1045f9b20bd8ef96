package example;

import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.Prediction;
import dev.residual.io.weights.TrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Answers 200 requests of 32 virtual threads, again and again; fails if an answer differs or memory
 * grows.
 */
final class Service {
  private static final int REQUESTS = 200;
  private static final int THREADS = 32;
  private static final int ROUNDS = 5;
  private static final long MOST_KILOBYTES = 2048;

  private Service() {}

  static void main(String[] args) throws Exception {
    TrainedModel model = TrainedModel.readOnnx(Path.of(args[0]));
    byte[] image = Files.readAllBytes(Path.of(args[1]));
    try (var classifier =
        new Classifier(Backends.cpu(), model, ClassifierOptions.DEFAULT.withSessions(2))) {
      List<Prediction> answer = classifier.classify(image);
      serve(() -> classifier.classify(image), answer);
      long before = resident();
      serve(() -> classifier.classify(image), answer);
      long more = resident() - before;
      if (more > MOST_KILOBYTES) {
        throw new IllegalStateException("the process grew by " + more + " kB");
      }
      answer.forEach(IO::println);
    }
  }

  private static void serve(Callable<List<Prediction>> request, List<Prediction> answer)
      throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      try (var threads = Executors.newFixedThreadPool(THREADS, Thread.ofVirtual().factory())) {
        for (Future<List<Prediction>> given :
            threads.invokeAll(Collections.nCopies(REQUESTS, request))) {
          if (!given.get().equals(answer)) {
            throw new IllegalStateException(given.get() + " instead of " + answer);
          }
        }
      }
    }
  }

  /** The resident memory of this process in kilobytes. */
  private static long resident() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    }
  }
}
