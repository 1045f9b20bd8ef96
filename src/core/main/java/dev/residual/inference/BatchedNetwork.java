package dev.residual.inference;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.BatchOptions;
import dev.residual.engine.Batcher;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * A network for many callers at once, who give single images: those that wait together are computed
 * together, as a {@link Batcher} tells.
 *
 * <p>There is a compiled network for each size of a batch, with packed weights of its own, which
 * the sessions share. So memory grows with the number of sizes. A row is bit for bit that of a
 * {@link Network} which runs the same batch. Networks of different batches may round differently.
 *
 * <p>Safe for use by many threads at once, virtual ones too.
 */
public final class BatchedNetwork implements AutoCloseable {
  private final List<Network> networks = new ArrayList<>();
  private final Value image;
  private final int rowSize;
  private final Batcher<float[], float[]> batcher;

  /**
   * Compiles a network for each size of a batch.
   *
   * @param network compiles it for so many images a run, as {@code batch -> Network.of(backend,
   *     resnet, weights, options.withBatch(batch))}; these networks are closed with this one
   * @param sessions how many batches are computed at the same time, at least 1
   * @throws IllegalArgumentException if sessions are below 1, the network has another batch, or
   *     images or logits are not {@link DType#F32}
   */
  public BatchedNetwork(IntFunction<Network> network, int sessions, BatchOptions options) {
    if (sessions < 1) {
      throw new IllegalArgumentException("sessions are " + sessions + ", expected at least 1");
    }
    try {
      List<Integer> sizes = options.sizes();
      List<Function<List<float[]>, List<float[]>>> all = new ArrayList<>();
      while (all.size() < sessions) {
        Map<Integer, Network> bySize = new HashMap<>();
        for (int i = 0; i < sizes.size(); i++) {
          int size = sizes.get(i);
          bySize.put(
              size, opened(all.isEmpty() ? network.apply(size) : networks.get(i).fork(), size));
        }
        all.add(new BatchSession(bySize));
      }
      image = networks.getFirst().images();
      rowSize = Math.toIntExact(networks.getFirst().logits().shape().elements());
      batcher = new Batcher<>(options, all);
    } catch (RuntimeException | Error e) {
      closeNetworks();
      throw e;
    }
  }

  private Network opened(Network network, int size) {
    networks.add(network);
    if (network.batch() != size) {
      throw new IllegalArgumentException(
          "the network has a batch of %d, expected %d".formatted(network.batch(), size));
    }
    if (network.images().dtype() != DType.F32 || network.logits().dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "images are %s and logits %s, expected F32"
              .formatted(network.images(), network.logits()));
    }
    return network;
  }

  /** The input of a single image, 1 c h w. */
  public Value image() {
    return image;
  }

  /** The numbers of a row: the classes. */
  public int rowSize() {
    return rowSize;
  }

  /**
   * Lets an image be computed with others.
   *
   * @param numbers of one image, of {@link DType#F32}; copied before this returns
   * @param layout their order, c h w, or h w c, which need not be transposed
   * @return the row of the logits; cancelling it saves the work while the image still waits
   * @throws IllegalArgumentException if they are more or fewer than an image has
   * @throws java.util.concurrent.RejectedExecutionException if the queue is full
   * @throws IllegalStateException if the network is closed
   */
  public CompletableFuture<float[]> submit(MemorySegment numbers, Layout layout) {
    return batcher.submit(channelsLast(numbers, layout));
  }

  /**
   * Lets an image be computed with others, and waits for the row of its logits; otherwise as {@link
   * #submit}.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile; the image is not computed
   *     then, unless it is already
   */
  public float[] run(MemorySegment numbers, Layout layout) throws InterruptedException {
    return batcher.run(channelsLast(numbers, layout));
  }

  private float[] channelsLast(MemorySegment numbers, Layout layout) {
    requireNonNull(layout, "layout");
    if (numbers.byteSize() != image.bytes()) {
      throw new IllegalArgumentException(
          "an image of %d bytes is given, expected %d: %s"
              .formatted(numbers.byteSize(), image.bytes(), image));
    }
    float[] elements = numbers.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    if (layout == Layout.CHANNELS_LAST) {
      return elements;
    }
    int channels = image.shape().dim(1);
    int positions = elements.length / channels;
    float[] transposed = new float[elements.length];
    for (int i = 0; i < positions; i++) {
      for (int c = 0; c < channels; c++) {
        transposed[i * channels + c] = elements[c * positions + i];
      }
    }
    return transposed;
  }

  /** The number of images that wait for a session. */
  public int waiting() {
    return batcher.waiting();
  }

  /** Refuses further images, computes those that wait, and frees everything. */
  @Override
  public void close() {
    batcher.close();
    closeNetworks();
  }

  private void closeNetworks() {
    networks.reversed().forEach(Network::close);
  }
}
