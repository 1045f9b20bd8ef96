package dev.residual.inference;

import static java.util.Objects.requireNonNull;

import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What computes the batches of a {@link BatchedNetwork} one after the other. */
final class BatchSession implements Function<List<float[]>, List<float[]>> {
  private final Map<Integer, Network> networks;
  private final float[] images;
  private final float[] logits;

  /**
   * A session with memory for the largest batch.
   *
   * @param networks for each size of a batch; they stay the caller's
   */
  BatchSession(Map<Integer, Network> networks) {
    this.networks = networks;
    Network largest =
        networks.values().stream().max(Comparator.comparingInt(Network::batch)).orElseThrow();
    images = new float[Math.toIntExact(largest.images().shape().elements())];
    logits = new float[Math.toIntExact(largest.logits().shape().elements())];
  }

  /** The rows of images h w c. */
  @Override
  public List<float[]> apply(List<float[]> batch) {
    Network network = requireNonNull(networks.get(batch.size()));
    int image = batch.getFirst().length;
    for (int i = 0; i < batch.size(); i++) {
      System.arraycopy(batch.get(i), 0, images, i * image, image);
    }
    network.run(
        MemorySegment.ofArray(images).asSlice(0, network.images().bytes()),
        Layout.CHANNELS_LAST,
        MemorySegment.ofArray(logits).asSlice(0, network.logits().bytes()));
    int row = Math.toIntExact(network.logits().shape().elements() / batch.size());
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      rows.add(Arrays.copyOfRange(logits, i * row, (i + 1) * row));
    }
    return rows;
  }
}
