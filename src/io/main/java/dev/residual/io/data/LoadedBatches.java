package dev.residual.io.data;

import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.train.Batch;
import dev.residual.train.Batches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One epoch under way: threads take image after image and fill the batches of a ring.
 *
 * <p>Batch b lies in slot b modulo the number of slots. All threads work on the earliest batches
 * that are not full, so that the first is there soon, and the ring is small.
 */
final class LoadedBatches implements Batches {
  /** One in use, one full, one being filled. */
  private static final int SLOTS = 3;

  private static final long ALIGNMENT = 64;

  private final ImageWriter writer;
  private final int size;
  private final int width;
  private final int images;
  private final int batches;
  private final Arena arena = Arena.ofShared();
  private final Batch[] slots;
  private final Thread[] threads;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final Condition freed = lock.newCondition();

  // All below is guarded by the lock.
  /** How many images each slot still lacks, and its mixing as one more. */
  private final int[] missing;

  /** The first image that no thread has taken. */
  private int next;

  /** The first batch that has not been handed back. */
  private int released;

  /** The batch that was handed out last. */
  private int current;

  private int failedBatch = Integer.MAX_VALUE;
  private @Nullable Throwable failure;
  private boolean closed;

  private LoadedBatches(
      ImageWriter writer, Shape shape, int classes, int images, int first, int threads) {
    this.writer = writer;
    width = shape.dim(3);
    this.images = images;
    size = shape.dim(0);
    batches = Math.ceilDiv(images, size);
    next = (int) Math.min(images, (long) first * size);
    released = first;
    current = first - 1;
    slots = new Batch[Math.min(SLOTS, batches - first)];
    missing = new int[slots.length];
    for (int b = first; b < first + slots.length; b++) {
      MemorySegment pixels = arena.allocate(shape.elements() * 4, ALIGNMENT);
      MemorySegment labels = arena.allocate(size * 4L, ALIGNMENT);
      MemorySegment targets = classes == 0 ? null : arena.allocate(size * 4L * classes, ALIGNMENT);
      slots[b % slots.length] = new Batch(pixels, Layout.CHANNELS_LAST, labels, targets, size);
      missing[b % slots.length] = missing(b);
    }
    this.threads = new Thread[Math.min(threads, images - next)];
    for (int i = 0; i < this.threads.length; i++) {
      this.threads[i] =
          Thread.ofPlatform().daemon().name("residual-loader-" + i).unstarted(this::load);
    }
  }

  /**
   * Starts an epoch.
   *
   * @param classes how many numbers the targets of an image have; 0 for no targets
   */
  static LoadedBatches start(
      ImageWriter writer, Shape shape, int classes, int images, int firstBatch, int threads) {
    LoadedBatches epoch = new LoadedBatches(writer, shape, classes, images, firstBatch, threads);
    try {
      for (Thread thread : epoch.threads) {
        thread.start();
      }
    } catch (Throwable e) {
      epoch.close();
      throw e;
    }
    return epoch;
  }

  @Override
  public @Nullable Batch next() {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the batches of this epoch are closed");
      }
      release();
      if (released == batches) {
        return null;
      }
      Batch slot = slots[released % slots.length];
      awaitFull(released);
      current = released;
      int count = count(current);
      return count == size ? slot : padded(slot, count);
    } finally {
      lock.unlock();
    }
  }

  /** Gives the slot of the batch that was handed out last to the batch after the ring's last. */
  private void release() {
    if (current == released) {
      missing[current % slots.length] = missing(current + slots.length);
      released++;
      freed.signalAll();
    }
  }

  private void awaitFull(int batch) {
    int slot = batch % slots.length;
    try {
      while (missing[slot] > 0 && failedBatch > batch) {
        filled.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch of images", e);
    }
    if (missing[slot] > 0 && failure != null) {
      throw switch (failure) {
        case IOException e -> new UncheckedIOException(e.getMessage(), e);
        case RuntimeException e -> new IllegalArgumentException(e.getMessage(), e);
        default -> new IllegalStateException("loading of images failed: " + failure, failure);
      };
    }
  }

  /** The number of images of a batch, 0 after the last. */
  private int count(int batch) {
    return batch < batches ? Math.min(size, images - batch * size) : 0;
  }

  private int missing(int batch) {
    return batch < batches ? count(batch) + 1 : 0;
  }

  private static Batch padded(Batch slot, int count) {
    long imageBytes = slot.images().byteSize() / slot.count();
    slot.images().asSlice(count * imageBytes).fill((byte) 0);
    slot.labels().asSlice(count * 4L).fill((byte) 0);
    return new Batch(slot.images(), slot.layout(), slot.labels(), count);
  }

  /** What each thread does. */
  private void load() {
    for (int position = take(); position >= 0; position = take()) {
      int batch = position / size;
      Batch slot = slots[batch % slots.length];
      try {
        writer.write(position, slot.images(), slot.labels(), position % size);
        if (finish(batch) == 1) {
          // Nobody else writes to this batch any more.
          Mixture mixture = writer.mixture(batch);
          if (mixture != null) {
            mixture.apply(slot, width);
          }
          finish(batch);
        }
      } catch (Throwable e) {
        fail(batch, e);
      }
    }
  }

  /** The next image in order, once there is room for it; -1 when there is nothing left to do. */
  private int take() {
    lock.lock();
    try {
      while (!closed && failure == null && next < images) {
        if (next / size < released + slots.length) {
          return next++;
        }
        freed.awaitUninterruptibly();
      }
      return -1;
    } finally {
      lock.unlock();
    }
  }

  /** Notes that something is done of a batch; gives how much it still lacks. */
  private int finish(int batch) {
    lock.lock();
    try {
      int slot = batch % slots.length;
      if (--missing[slot] == 0) {
        filled.signalAll();
      }
      return missing[slot];
    } finally {
      lock.unlock();
    }
  }

  private void fail(int batch, Throwable thrown) {
    lock.lock();
    try {
      if (batch < failedBatch) {
        failedBatch = batch;
        failure = thrown;
        filled.signalAll();
        freed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    arena.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
