package dev.residual.io.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.residual.io.Classifier;
import dev.residual.io.Prediction;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * A web service that names what a picture shows: the file goes to {@code POST /classify}, and a
 * line comes back for each class.
 *
 * <p>Each request has a virtual thread of its own. It decodes its picture, and waits where all
 * sessions of the classifier compute. {@link dev.residual.io.ClassifierOptions#withSessions} says
 * how many do so at the same time.
 */
final class ClassifierService implements Closeable {
  /** Larger files are refused unread. */
  private static final int MAX_BYTES = 32 << 20;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Classifier classifier;

  private ClassifierService(HttpServer server, Classifier classifier) {
    this.server = server;
    this.classifier = classifier;
  }

  /**
   * Starts the service on this machine alone.
   *
   * @param port where it listens, 0 for any that is free
   * @param classifier stays the caller's, who closes it after the service
   */
  static ClassifierService start(int port, Classifier classifier) throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    ClassifierService service = new ClassifierService(HttpServer.create(address, 0), classifier);
    service.server.createContext("/classify", service::answer);
    service.server.setExecutor(service.threads);
    service.server.start();
    return service;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] file = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
      if (file.length > MAX_BYTES) {
        send(exchange, 413, "files of at most %d bytes are taken".formatted(MAX_BYTES));
        return;
      }
      List<Prediction> predictions;
      try {
        predictions = classifier.classify(file);
      } catch (IOException e) {
        // The request is wrong: its body is no image.
        send(exchange, 400, String.valueOf(e.getMessage()));
        return;
      }
      send(
          exchange,
          200,
          predictions.stream().map(Object::toString).collect(Collectors.joining("\n")));
    }
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** Answers the requests that have come, and stops. */
  @Override
  public void close() {
    server.stop(1);
    threads.close();
  }
}
