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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;

/**
 * A web service that names what a picture shows: the file goes to {@code POST /classify}, and a
 * line comes back for each class.
 *
 * <p>Each request has a virtual thread of its own. It decodes its picture, and waits while that is
 * computed, together with those of other requests if the classifier was opened {@linkplain
 * dev.residual.io.ClassifierOptions#withBatching so}. Where too many wait, the answer is 503. The
 * classifier can be replaced while requests go on.
 */
final class ClassifierService implements Closeable {
  /** Larger files are refused unread. */
  private static final int MAX_BYTES = 32 << 20;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile Generation current;

  /** A classifier and its requests, which hold the lock for reading. */
  private record Generation(Classifier classifier, ReadWriteLock lock) implements Closeable {

    /** Waits for the last request; the lock is never given back, so no other comes. */
    @Override
    public void close() {
      lock.writeLock().lock();
      classifier.close();
    }
  }

  private ClassifierService(HttpServer server, Classifier classifier) {
    this.server = server;
    current = new Generation(classifier, new ReentrantReadWriteLock());
  }

  /**
   * Starts the service on this machine alone.
   *
   * @param port where it listens, 0 for any that is free
   * @param classifier closed with the service
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

  /**
   * Answers requests that come from now on with another classifier. The one before is closed when
   * its last request has been answered; this waits for it.
   *
   * @param next closed with the service
   */
  synchronized void replace(Classifier next) {
    Generation previous = current;
    current = new Generation(next, new ReentrantReadWriteLock());
    previous.close();
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
        predictions = classify(file);
      } catch (RejectedExecutionException e) {
        send(exchange, 503, "too many pictures wait");
        return;
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

  private List<Prediction> classify(byte[] file) throws IOException {
    Generation generation = current;
    while (!generation.lock().readLock().tryLock()) {
      // It was replaced a moment ago.
      generation = current;
    }
    try {
      return generation.classifier().classify(file);
    } finally {
      generation.lock().readLock().unlock();
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
    current.close();
  }
}
