package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.util.List;

/** Image files in one folder for each class. */
final class ImageFolders implements DataSet {
  private final ImageStore store;
  private final ImageTree tree;

  ImageFolders(ImageStore store, ImageTree tree) {
    this.store = store;
    this.tree = tree;
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
    return tree.images().get(index).read();
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
