package dev.residual.io;

import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.Value;
import dev.residual.inference.Network;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rows of batches that callers make up, each computed by a session of a pool. */
final class PooledRows implements RowSource {
  private final Network network;
  private final SessionPool pool;

  /** The rows of a network, which is closed with this. */
  PooledRows(Network network, int sessions) {
    this.network = network;
    pool = network.pool(sessions);
  }

  @Override
  public Value images() {
    return network.images();
  }

  @Override
  public int rowSize() {
    return Math.toIntExact(network.logits().shape().elements() / network.batch());
  }

  @Override
  public int runs() {
    return 2 * pool.size();
  }

  @Override
  public CompletableFuture<List<float[]>> submit(MemorySegment images, Layout layout, int count) {
    return pool.submit(session -> compute(session, images, layout, count));
  }

  private List<float[]> compute(Session session, MemorySegment images, Layout layout, int count) {
    float[] computed = new float[(int) network.logits().shape().elements()];
    network.run(session, images, layout, MemorySegment.ofArray(computed));
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(Arrays.copyOfRange(computed, i * rowSize(), (i + 1) * rowSize()));
    }
    return rows;
  }

  @Override
  public void close() {
    pool.close();
  }
}
