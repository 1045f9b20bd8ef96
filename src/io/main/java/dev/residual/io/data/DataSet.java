package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * A fixed sequence of labelled images.
 *
 * <p>Indices that are out of range are an {@link IndexOutOfBoundsException}. All methods but {@code
 * close} are safe for use by many threads at once.
 */
public interface DataSet extends Closeable {

  /** The number of images, at least one. */
  int size();

  /** The class of an image, a position in {@link #classes}. */
  int label(int index);

  /** The name of an image, unique in the set: for files, their path inside of folder or archive. */
  String name(int index);

  /** The names of the classes. */
  List<String> classes();

  /**
   * An image, drawn or read and decoded.
   *
   * @throws IOException naming the file, if it cannot be read or decoded
   * @throws IllegalStateException after {@code close}, where the set keeps files open
   */
  Pixels image(int index) throws IOException;

  /** Closes the files; twice is allowed. */
  @Override
  void close() throws IOException;
}
