package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.images.Orientation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Finding and opening of data sets by what a user writes for them. */
public final class DataSets {
  private static final int SHAPES_TRAIN = 10_000;
  private static final int SHAPES_TEST = 2_000;
  private static final String EXPECTED =
      "expected 'shapes', a folder or .zip with one folder of images for each class"
          + " (optionally under train/ and test/ or val/), or a folder of CIFAR-10 binary batches";

  private DataSets() {}

  /**
   * Opens the part of a data set that serves a purpose.
   *
   * <ul>
   *   <li>{@code shapes}: {@link DrawnShapes}, 10,000 images for training and 2,000 others for both
   *       kinds of measuring.
   *   <li>A folder or .zip with one folder of images for each class, the classes in sorted order.
   *       Below train/, test/ or val/ where there are such, also as training/, testing/, valid/ or
   *       validation/, in any case: test/ for {@link Part#TEST}, val/ for {@link Part#VALIDATION},
   *       each for the other where only one is there. Without such parts, all images are for {@link
   *       Part#TEST}, and the 2nd, 12th, 22nd... image of each class is for validation, the rest
   *       for training; likewise with train/ alone, which then has nothing for {@link Part#TEST}.
   *       Hidden files and files that are no images by their name are passed over.
   *   <li>A folder of CIFAR-10 binary batches, or its parent: data_batch_*.bin for training,
   *       test_batch.bin for measuring.
   * </ul>
   *
   * @param spec {@code shapes} or a path
   * @param side the height and width of the images, for {@code shapes} only; files come as they are
   * @throws IOException if there is no such data set, or it is not as described
   */
  public static DataSet open(String spec, Part part, int side) throws IOException {
    return open(spec, part, side, note -> {});
  }

  /**
   * Opens the part of a data set that serves a purpose, as the other method does.
   *
   * @param notes told, in one line each, which files of a folder or .zip are left out, hidden ones
   *     aside
   */
  public static DataSet open(String spec, Part part, int side, Consumer<String> notes)
      throws IOException {
    return open(spec, part, side, Orientation.STORED, notes);
  }

  /**
   * Opens the part of a data set that serves a purpose, as the other methods do.
   *
   * @param orientation whether images in files are turned as their EXIF data say
   */
  public static DataSet open(
      String spec, Part part, int side, Orientation orientation, Consumer<String> notes)
      throws IOException {
    if (spec.equals("shapes")) {
      return part == Part.TRAIN
          ? new DrawnShapes(SHAPES_TRAIN, side, 1)
          : new DrawnShapes(SHAPES_TEST, side, 2);
    }
    Path path = path(spec);
    if (Files.isDirectory(path)) {
      Path batches = Cifar10.folder(path);
      return batches != null
          ? Cifar10.open(batches, part)
          : open(new FolderStore(path), part, orientation, notes);
    }
    if (!Files.exists(path)) {
      throw new IOException(
          "data set " + FileErrors.printable(spec) + " does not exist: " + EXPECTED);
    }
    if (!spec.toLowerCase(Locale.ROOT).endsWith(".zip")) {
      throw new IOException(
          "data set " + FileErrors.printable(spec) + " is a file other than .zip: " + EXPECTED);
    }
    return open(new ZipStore(path), part, orientation, notes);
  }

  private static Path path(String spec) throws IOException {
    try {
      return Path.of(spec);
    } catch (InvalidPathException e) {
      throw new IOException(
          "data set " + FileErrors.quote(spec) + " is not a path: " + EXPECTED, e);
    }
  }

  private static DataSet open(
      ImageStore store, Part part, Orientation orientation, Consumer<String> notes)
      throws IOException {
    try {
      ImageTree tree = ImageTree.of(store, part, notes);
      DataSet set = new ImageFolders(store, tree, orientation);
      return tree.parted() || part == Part.TEST ? set : Subset.split(set, part == Part.VALIDATION);
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /**
   * At most so many images of a set, at equal distances in its order. It closes the set when
   * closed.
   *
   * @throws IllegalArgumentException if the number is below 1
   */
  public static DataSet spread(DataSet whole, int most) {
    if (most < 1) {
      throw new IllegalArgumentException("at most " + most + " images: expected 1 or more");
    }
    int size = Math.min(most, whole.size());
    int[] indices =
        IntStream.range(0, size).map(i -> (int) ((long) i * whole.size() / size)).toArray();
    return new Subset(whole, indices);
  }
}
