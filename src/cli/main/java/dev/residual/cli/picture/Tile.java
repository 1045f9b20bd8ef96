package dev.residual.cli.picture;

import java.awt.image.BufferedImage;
import java.util.List;

/**
 * A picture and the words below it.
 *
 * @param words a line each
 */
public record Tile(BufferedImage picture, List<String> words) {

  /** Copies the list. */
  public Tile {
    words = List.copyOf(words);
  }
}
