package dev.residual.train;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a network says of each image of a data set.
 *
 * @param classes the number of classes of the network
 * @param images in the order of the data set
 */
public record Predictions(int classes, List<PredictedImage> images) {

  /** Copies the list. */
  public Predictions {
    images = List.copyOf(images);
  }

  /** The positions of the images with the highest loss, the highest first. */
  public List<Integer> worst(int most) {
    return IntStream.range(0, images.size())
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> images.get(i).loss()).reversed())
        .limit(most)
        .toList();
  }
}
