package dev.residual.io.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.images.Images;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierServiceTest {
  private static final String NETWORK = "resnet20-cifar";
  private static final int REQUESTS = 200;
  private static final int THREADS = 32;

  @TempDir Path folder;

  @Test
  void manyRequestsAtOnceGetTheAnswersOfOneByOne() throws Exception {
    ResNet network = ResNet.named(NETWORK);
    Path weights = folder.resolve("weights.safetensors");
    WeightFile.write(weights, network.initializer(1).weights(network.inference(1).graph()));
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      pictures.add(Images.encode(Images.pattern(30 + i, 41), i % 2 == 0 ? "png" : "jpg"));
    }
    ClassifierOptions options = ClassifierOptions.DEFAULT.withSessions(2);
    try (Classifier classifier = Classifier.open(Backends.cpu(), NETWORK, weights, options);
        ClassifierService service = ClassifierService.start(0, classifier);
        HttpClient client = HttpClient.newHttpClient()) {
      List<String> expected = new ArrayList<>();
      for (byte[] picture : pictures) {
        expected.add(
            String.join(
                "\n", classifier.classify(picture).stream().map(Object::toString).toList()));
      }
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      try (ExecutorService threads =
          Executors.newFixedThreadPool(THREADS, Thread.ofVirtual().factory())) {
        for (int i = 0; i < REQUESTS; i++) {
          HttpRequest request = request(service.port(), pictures.get(i % pictures.size()));
          answers.add(
              threads.submit(() -> client.send(request, HttpResponse.BodyHandlers.ofString())));
        }
      }
      for (int i = 0; i < REQUESTS; i++) {
        assertThat(answers.get(i).get().statusCode()).isEqualTo(200);
        assertThat(answers.get(i).get().body()).isEqualTo(expected.get(i % pictures.size()));
      }
      HttpResponse<String> refused =
          client.send(
              request(service.port(), new byte[] {1, 2, 3}), HttpResponse.BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("the file is not a JPEG, PNG");
    }
  }

  private static HttpRequest request(int port, byte[] picture) {
    return HttpRequest.newBuilder(URI.create("http://localhost:%d/classify".formatted(port)))
        .POST(HttpRequest.BodyPublishers.ofByteArray(picture))
        .build();
  }
}
