package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** A data set that keeps images in memory, up to a number of bytes, after their first use. */
final class CachedDataSet implements DataSet {
  private final DataSet set;
  private final long maxBytes;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicReferenceArray<@Nullable Pixels> images;

  CachedDataSet(DataSet set, long maxBytes) {
    this.set = set;
    this.maxBytes = maxBytes;
    this.images = new AtomicReferenceArray<>(set.size());
  }

  @Override
  public Pixels image(int index) throws IOException {
    Pixels cached = images.get(index);
    if (cached != null) {
      return cached;
    }
    Pixels image = set.image(index);
    int length = image.rgb().length;
    if (bytes.addAndGet(length) > maxBytes || !images.compareAndSet(index, null, image)) {
      bytes.addAndGet(-length);
    }
    return image;
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public int label(int index) {
    return set.label(index);
  }

  @Override
  public String name(int index) {
    return set.name(index);
  }

  @Override
  public List<String> classes() {
    return set.classes();
  }

  @Override
  public void close() throws IOException {
    set.close();
  }
}
