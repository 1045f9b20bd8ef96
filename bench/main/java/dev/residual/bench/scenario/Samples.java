package dev.residual.bench.scenario;

import dev.residual.bench.JpegFiles;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.tensor.Layout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;

/** JPEG files, and what a network reads of them. They are taken in turn, however many are asked. */
final class Samples {
  private final List<byte[]> files;
  private final Transform transform;
  private final Layout layout;
  private final List<float[]> ready;

  /**
   * The samples of files.
   *
   * @param side of the images that the network takes
   * @param layout the order of their numbers
   */
  Samples(List<byte[]> files, int side, Layout layout) {
    this.files = files;
    this.layout = layout;
    transform = Transforms.evaluation(side);
    ready = files.stream().map(this::decode).toList();
  }

  /** The samples of drawn files, or those below a folder. */
  static Samples of(String images, int side, Layout layout) throws IOException {
    return new Samples(JpegFiles.of(images), side, layout);
  }

  /** The sample of this number, decoded before. */
  float[] ready(long number) {
    return ready.get((int) (number % files.size()));
  }

  /** The sample of this number, decoded now. */
  float[] decode(long number) {
    return decode(files.get((int) (number % files.size())));
  }

  private float[] decode(byte[] file) {
    Pixels pixels;
    try {
      pixels = transform.apply(ImageFile.decode("image", file), new SplittableRandom(0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    float[] last = new float[pixels.rgb().length];
    Normalization.IMAGENET.write(pixels, MemorySegment.ofArray(last), 0);
    return layout == Layout.CHANNELS_LAST ? last : channelsFirst(last);
  }

  private static float[] channelsFirst(float[] last) {
    float[] first = new float[last.length];
    int positions = last.length / 3;
    for (int i = 0; i < last.length; i++) {
      first[i % 3 * positions + i / 3] = last[i];
    }
    return first;
  }
}
