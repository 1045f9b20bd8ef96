package dev.residual.engine;

import java.util.List;
import java.util.function.Function;

/**
 * Requests that are computed together.
 *
 * @param requests in the order in which they came
 * @param queueLength how many were left waiting
 */
record Batch<Q, R>(List<BatchRequest<Q, R>> requests, int queueLength) {

  /** Gives all callers their results, or the exception. Throws nothing. */
  void run(Function<List<Q>, List<R>> session) {
    List<R> results;
    try {
      results = compute(session);
    } catch (Throwable e) {
      requests.forEach(request -> request.result().completeExceptionally(e));
      return;
    }
    for (int i = 0; i < results.size(); i++) {
      requests.get(i).result().complete(results.get(i));
    }
  }

  private List<R> compute(Function<List<Q>, List<R>> session) {
    List<Q> inputs = requests.stream().map(BatchRequest::input).toList();
    long waited = requests.getFirst().waited();
    List<R> results =
        BatchEvent.record(requests.size(), waited, queueLength, () -> session.apply(inputs));
    if (results.size() != requests.size()) {
      throw new IllegalStateException(
          "a batch of %d requests has %d results".formatted(requests.size(), results.size()));
    }
    return results;
  }
}
