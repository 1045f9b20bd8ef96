package dev.residual.io.training;

import dev.residual.io.data.DataSet;
import dev.residual.io.data.ImageRange;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Share;
import dev.residual.io.images.Augmentation;
import dev.residual.io.images.Preprocessing;
import java.io.IOException;

/**
 * The loaders of a training.
 *
 * @param augmentation of the images to train on
 * @param scaling of all images
 * @param side of the images to measure with
 * @param seed of order and changes
 * @param threads that load
 * @param share of this process
 */
record ImageLoaders(
    Augmentation augmentation,
    ImageScaling scaling,
    int side,
    long seed,
    int threads,
    Share share) {

  /** The images to train on, brought to this side; so many in a batch of this process. */
  Loader training(DataSet data, int images, int size) throws IOException {
    LoaderOptions options = LoaderOptions.training(images).withShare(share);
    return new Loader(data, changes(size), order(options));
  }

  /** What is done to the images to train on, brought to this side. */
  Preprocessing changes(int size) {
    return augmentation.preprocessing(size, scaling.interpolation());
  }

  /** All images to measure with, in batches of at most so many, which each process can fill. */
  Loader evaluation(DataSet data, int images) throws IOException {
    int most = Math.max(1, data.size() / share.processes());
    return measuring(data, Math.min(images, most));
  }

  /** The same of those images that this process measures with. */
  Loader own(DataSet data, Loader whole) throws IOException {
    DataSet part = ImageRange.of(data, share);
    return part == data ? whole : measuring(part, whole.shape().dim(0));
  }

  private Loader measuring(DataSet data, int images) throws IOException {
    return new Loader(data, scaling.evaluation(side), order(LoaderOptions.evaluation(images)));
  }

  private LoaderOptions order(LoaderOptions options) {
    return options.withSeed(seed).withThreads(threads).withNormalization(scaling.colors());
  }
}
