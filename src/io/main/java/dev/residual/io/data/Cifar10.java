package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileName;
import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * CIFAR-10 in its binary version: files of records of a label and three planes of 32 x 32 bytes.
 */
final class Cifar10 implements DataSet {
  private static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int RECORD = 1 + 3 * PLANE;

  /** The real one has 60,000 images; a file of holes may claim any number. */
  private static final int MOST = 100_000_000;

  private final List<Batch> batches = new ArrayList<>();
  private byte[] labels = {};
  private volatile boolean closed;

  /** A file, of which images are read one by one. */
  private record Batch(Path path, RandomAccessFile file, int first) {
    /** Reads the record of an image of the whole set. */
    void read(int index, byte[] dst) throws IOException {
      synchronized (file) {
        file.seek((long) (index - first) * RECORD);
        file.readFully(dst);
      }
    }

    String name(int index) {
      return FileName.of(path) + "#" + (index - first);
    }

    /** The name with its folder, for errors. */
    String place(int index) {
      return FileErrors.printable(path + "#" + (index - first));
    }
  }

  private Cifar10() {}

  /** The folder of the batches, if it is this one or the one that the archive unpacks to. */
  static @Nullable Path folder(Path folder) throws IOException {
    for (Path candidate : List.of(folder, folder.resolve("cifar-10-batches-bin"))) {
      if (Files.isRegularFile(candidate.resolve("test_batch.bin"))
          || !files(candidate, "data_batch_*.bin").isEmpty()) {
        return candidate;
      }
    }
    if (Files.isRegularFile(folder.resolve("data_batch_1"))
        || Files.isDirectory(folder.resolve("cifar-10-batches-py"))) {
      throw new IOException(
          folder
              + " holds the Python version of CIFAR-10, expected the binary one"
              + " (data_batch_1.bin and so on) or image folders");
    }
    return null;
  }

  static Cifar10 open(Path folder, Part part) throws IOException {
    String pattern = part == Part.TRAIN ? "data_batch_*.bin" : "test_batch.bin";
    List<Path> files = files(folder, pattern);
    if (files.isEmpty()) {
      throw new IOException(folder + " has no " + pattern);
    }
    Cifar10 set = new Cifar10();
    try {
      for (Path file : files) {
        set.add(file);
      }
      return set;
    } catch (IOException | RuntimeException e) {
      set.close();
      throw e;
    }
  }

  private static List<Path> files(Path folder, String pattern) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> matches = Files.newDirectoryStream(folder, pattern)) {
        matches.forEach(files::add);
      }
    }
    Collections.sort(files);
    return files;
  }

  private void add(Path path) throws IOException {
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
    Batch batch = new Batch(path, file, labels.length);
    batches.add(batch);
    long bytes = file.length();
    if (bytes == 0 || bytes % RECORD != 0 || bytes / RECORD > MOST - labels.length) {
      throw new IOException(
          "%s has %d bytes, expected a multiple of %d: a label and an image of 32 x 32"
              .formatted(FileErrors.printable(path.toString()), bytes, RECORD));
    }
    int first = labels.length;
    labels = Arrays.copyOf(labels, first + (int) (bytes / RECORD));
    byte[] record = new byte[RECORD];
    for (int i = first; i < labels.length; i++) {
      batch.read(i, record);
      labels[i] = record[0];
      if (labels[i] < 0 || labels[i] >= CLASSES.size()) {
        throw new IOException(
            "%s has the label %d, expected 0 to 9".formatted(batch.place(i), labels[i] & 0xFF));
      }
    }
  }

  private Batch batch(int index) {
    Objects.checkIndex(index, labels.length);
    Batch found = batches.getFirst();
    for (Batch batch : batches) {
      found = batch.first <= index ? batch : found;
    }
    return found;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public String name(int index) {
    return batch(index).name(index);
  }

  @Override
  public List<String> classes() {
    return CLASSES;
  }

  @Override
  public Pixels image(int index) throws IOException {
    byte[] record = new byte[RECORD];
    if (closed) {
      throw new IllegalStateException("the data set is closed");
    }
    Batch batch = batch(index);
    try {
      batch.read(index, record);
    } catch (IOException e) {
      // The file was changed, or its disk is gone.
      throw new IOException(batch.place(index) + ": the image is not there any more", e);
    }
    byte[] rgb = new byte[3 * PLANE];
    for (int i = 0; i < PLANE; i++) {
      rgb[3 * i] = record[1 + i];
      rgb[3 * i + 1] = record[1 + PLANE + i];
      rgb[3 * i + 2] = record[1 + 2 * PLANE + i];
    }
    return new Pixels(SIDE, SIDE, rgb);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    for (Batch batch : batches) {
      batch.file.close();
    }
  }
}
