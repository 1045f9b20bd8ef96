package dev.residual.io.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.Backends;
import dev.residual.engine.BatchOptions;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.images.Images;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ClassifierServiceTest {
  private static final String NETWORK = "resnet20-cifar";
  private static final int REQUESTS = 200;
  private static final int THREADS = 32;
  private static final int REPLACEMENTS = 6;

  /** One size of a batch, so that every answer is rounded in the same way. */
  private static final BatchOptions ALONE = BatchOptions.DEFAULT.withLargest(1);

  @TempDir static Path folder;
  private static final List<byte[]> PICTURES = new ArrayList<>();

  @BeforeAll
  static void encode() throws IOException {
    for (int i = 0; i < 8; i++) {
      PICTURES.add(Images.encode(Images.pattern(30 + i, 41), i % 2 == 0 ? "png" : "jpg"));
    }
  }

  private static Classifier classifier(int seed, ClassifierOptions options) throws IOException {
    ResNet network = ResNet.named(NETWORK);
    Path weights = folder.resolve(seed + ".safetensors");
    WeightFile.write(weights, network.initializer(seed).weights(network.inference(1).graph()));
    return Classifier.open(Backends.cpu(), NETWORK, weights, options.withSessions(2));
  }

  /** The answers of a classifier that is asked one by one. */
  private static List<String> expected(int seed) throws IOException {
    try (Classifier classifier = classifier(seed, ClassifierOptions.DEFAULT)) {
      List<String> expected = new ArrayList<>();
      for (byte[] picture : PICTURES) {
        expected.add(
            String.join(
                "\n", classifier.classify(picture).stream().map(Object::toString).toList()));
      }
      return expected;
    }
  }

  @Test
  void manyRequestsAtOnceGetTheAnswersOfOneByOne() throws Exception {
    List<String> expected = expected(1);
    try (ClassifierService service =
            ClassifierService.start(0, classifier(1, ClassifierOptions.DEFAULT));
        HttpClient client = HttpClient.newHttpClient()) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      try (ExecutorService threads =
          Executors.newFixedThreadPool(THREADS, Thread.ofVirtual().factory())) {
        for (int i = 0; i < REQUESTS; i++) {
          byte[] picture = PICTURES.get(i % PICTURES.size());
          answers.add(threads.submit(() -> send(client, service, picture)));
        }
      }
      for (int i = 0; i < REQUESTS; i++) {
        assertThat(answers.get(i).get().statusCode()).isEqualTo(200);
        assertThat(answers.get(i).get().body()).isEqualTo(expected.get(i % PICTURES.size()));
      }
      HttpResponse<String> refused = send(client, service, new byte[] {1, 2, 3});
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("the file is not a JPEG, PNG");
    }
  }

  @Test
  void noRequestIsLostWhileWeightsAreReplaced() throws Exception {
    List<List<String>> expected = List.of(expected(1), expected(2));
    ClassifierOptions options = ClassifierOptions.DEFAULT.withBatching(ALONE);
    AtomicBoolean ended = new AtomicBoolean();
    Classifier first = classifier(1, options);
    Classifier last = first;
    try (ClassifierService service = ClassifierService.start(0, first);
        HttpClient client = HttpClient.newHttpClient();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch begun = new CountDownLatch(THREADS);
      List<Future<Set<Integer>>> weightsSeen = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int picture = i % PICTURES.size();
        weightsSeen.add(
            threads.submit(
                () -> {
                  Set<Integer> seen = new TreeSet<>();
                  while (!ended.get()) {
                    HttpResponse<String> answer = send(client, service, PICTURES.get(picture));
                    assertThat(answer.statusCode()).isEqualTo(200);
                    seen.add(expected.get(0).get(picture).equals(answer.body()) ? 1 : 2);
                    assertThat(answer.body())
                        .isIn(expected.get(0).get(picture), expected.get(1).get(picture));
                    begun.countDown();
                  }
                  return seen;
                }));
      }
      try {
        begun.await();
        for (int i = 0; i < REPLACEMENTS; i++) {
          Classifier previous = last;
          last = classifier(i % 2 == 0 ? 2 : 1, options);
          service.replace(last);
          assertThatIllegalStateException()
              .isThrownBy(() -> previous.classify(Images.pattern(40, 40)))
              .withMessage("the classifier is closed");
          assertThat(send(client, service, PICTURES.getFirst()).body())
              .isEqualTo(expected.get(i % 2 == 0 ? 1 : 0).getFirst());
        }
      } finally {
        ended.set(true);
      }
      for (Future<Set<Integer>> seen : weightsSeen) {
        assertThat(seen.get()).isNotEmpty();
      }
      assertThat(weightsSeen).anySatisfy(seen -> assertThat(seen.get()).containsExactly(1, 2));
    }
    Classifier closed = last;
    assertThatIllegalStateException()
        .isThrownBy(() -> closed.classify(Images.pattern(40, 40)))
        .withMessage("the classifier is closed");
  }

  @Test
  void whereTooManyWaitTheAnswerSaysSo() throws Exception {
    BatchOptions one = ALONE.withQueue(1);
    try (ClassifierService service =
            ClassifierService.start(0, classifier(1, ClassifierOptions.DEFAULT.withBatching(one)));
        HttpClient client = HttpClient.newHttpClient();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        byte[] picture = PICTURES.get(i % PICTURES.size());
        answers.add(threads.submit(() -> send(client, service, picture)));
      }
      Set<Integer> codes = new TreeSet<>();
      for (Future<HttpResponse<String>> answer : answers) {
        codes.add(answer.get().statusCode());
      }
      assertThat(codes).containsExactly(200, 503);
    }
  }

  private static HttpResponse<String> send(
      HttpClient client, ClassifierService service, byte[] picture)
      throws IOException, InterruptedException {
    URI address = URI.create("http://localhost:%d/classify".formatted(service.port()));
    return client.send(
        HttpRequest.newBuilder(address)
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofByteArray(picture))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
