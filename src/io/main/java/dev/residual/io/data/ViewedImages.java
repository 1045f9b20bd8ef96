package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import dev.residual.io.images.SplitMix;
import dev.residual.io.images.Views;
import java.io.IOException;
import java.util.List;

/**
 * Several views of each image of a data set, those of one image after each other.
 *
 * <p>Closing does nothing: the data set remains its owner's.
 *
 * @param whole the images
 * @param views of each
 */
public record ViewedImages(DataSet whole, Views views) implements DataSet {

  @Override
  public int size() {
    return Math.multiplyExact(whole.size(), views.count());
  }

  @Override
  public int label(int index) {
    return whole.label(index / views.count());
  }

  @Override
  public String name(int index) {
    return "%s, view %d".formatted(whole.name(index / views.count()), index % views.count());
  }

  @Override
  public List<String> classes() {
    return whole.classes();
  }

  @Override
  public Pixels image(int index) throws IOException {
    Pixels image = whole.image(index / views.count());
    // Views use no chance.
    return views.transforms().get(index % views.count()).apply(image, new SplitMix(0));
  }

  @Override
  public void close() {}
}
