package dev.residual.io;

import dev.residual.graph.Value;
import dev.residual.inference.BatchedNetwork;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The rows of single images, which are put together into batches with those of other callers.
 *
 * @param network closed with this
 * @param runs how many images keep it busy
 */
record BatchedRows(BatchedNetwork network, int runs) implements RowSource {

  @Override
  public Value images() {
    return network.image();
  }

  @Override
  public int rowSize() {
    return network.rowSize();
  }

  @Override
  public CompletableFuture<List<float[]>> submit(MemorySegment images, Layout layout, int count) {
    CompletableFuture<float[]> row = network.submit(images, layout);
    CompletableFuture<List<float[]>> rows = row.thenApply(List::of);
    rows.whenComplete((_, _) -> row.cancel(false));
    return rows;
  }

  @Override
  public void close() {
    network.close();
  }
}
