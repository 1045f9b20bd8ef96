package dev.residual.io.data;

import dev.residual.io.images.Orientation;
import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.util.List;

/** Image files in one folder for each class. */
final class ImageFolders implements DataSet {
  private final ImageStore store;
  private final ImageTree tree;
  private final Orientation orientation;

  ImageFolders(ImageStore store, ImageTree tree, Orientation orientation) {
    this.store = store;
    this.tree = tree;
    this.orientation = orientation;
  }

  @Override
  public int size() {
    return tree.labels().length;
  }

  @Override
  public int label(int index) {
    return tree.labels()[index];
  }

  @Override
  public String name(int index) {
    return tree.images().get(index).path();
  }

  @Override
  public List<String> classes() {
    return tree.classes();
  }

  @Override
  public Pixels image(int index) throws IOException {
    return tree.images().get(index).read(orientation);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
