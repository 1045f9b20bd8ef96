package dev.residual.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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

  private final Arena arena = Arena.ofShared();
  private final List<String> names = new ArrayList<>();
  private final List<MemorySegment> records = new ArrayList<>();
  private byte[] labels = {};

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
        set.map(file);
      }
      set.readLabels();
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

  private void map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long bytes = channel.size();
      if (bytes == 0 || bytes % RECORD != 0) {
        throw new IOException(
            "%s has %d bytes, expected a multiple of %d: a label and an image of 32 x 32"
                .formatted(file, bytes, RECORD));
      }
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
      for (long at = 0; at < bytes; at += RECORD) {
        names.add(file.getFileName() + "#" + at / RECORD);
        records.add(mapped.asSlice(at, RECORD));
      }
    }
  }

  private void readLabels() throws IOException {
    labels = new byte[records.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = records.get(i).get(JAVA_BYTE, 0);
      if (labels[i] < 0 || labels[i] >= CLASSES.size()) {
        throw new IOException(
            "%s has the label %d, expected 0 to 9".formatted(name(i), labels[i] & 0xFF));
      }
    }
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
    return names.get(index);
  }

  @Override
  public List<String> classes() {
    return CLASSES;
  }

  @Override
  public Pixels image(int index) {
    byte[] planes = records.get(index).asSlice(1).toArray(JAVA_BYTE);
    byte[] rgb = new byte[3 * PLANE];
    for (int i = 0; i < PLANE; i++) {
      rgb[3 * i] = planes[i];
      rgb[3 * i + 1] = planes[PLANE + i];
      rgb[3 * i + 2] = planes[2 * PLANE + i];
    }
    return new Pixels(SIDE, SIDE, rgb);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
