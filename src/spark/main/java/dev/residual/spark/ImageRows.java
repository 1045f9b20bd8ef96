package dev.residual.spark;

import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/** The rows of a partition with what their images show, computed batch by batch. */
record ImageRows(ExecutorModel model, ImageColumn images)
    implements MapPartitionsFunction<Row, Row> {

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    OpenModel open = model.open();
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> open.release());
    return new Computed(rows, open);
  }

  private final class Computed implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final OpenModel open;
    private final Queue<Row> ready = new ArrayDeque<>();

    Computed(Iterator<Row> rows, OpenModel open) {
      this.rows = rows;
      this.open = open;
    }

    @Override
    public boolean hasNext() {
      return !ready.isEmpty() || rows.hasNext();
    }

    @Override
    public Row next() {
      if (ready.isEmpty()) {
        compute();
      }
      return ready.remove();
    }

    private void compute() {
      List<Row> batch = new ArrayList<>();
      List<Pixels> pixels = new ArrayList<>();
      List<Boolean> isThere = new ArrayList<>();
      while (batch.size() < model.batch() && rows.hasNext()) {
        Row row = rows.next();
        Pixels image = pixels(row);
        batch.add(row);
        isThere.add(image != null);
        if (image != null) {
          pixels.add(image);
        }
      }
      Iterator<Object[]> columns = open.compute(pixels).iterator();
      for (int i = 0; i < batch.size(); i++) {
        ready.add(joined(batch.get(i), isThere.get(i) ? columns.next() : open.missing()));
      }
    }

    private @Nullable Pixels pixels(Row row) {
      try {
        return images.pixels(row);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Row joined(Row row, @Nullable Object[] more) {
    @Nullable Object[] all = new Object[row.length() + more.length];
    for (int i = 0; i < row.length(); i++) {
      all[i] = row.get(i);
    }
    System.arraycopy(more, 0, all, row.length(), more.length);
    return RowFactory.create(all);
  }
}
