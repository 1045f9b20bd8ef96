package dev.residual.cli.picture;

import dev.residual.train.ConfusionMatrix;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.Stream;

/**
 * A confusion matrix as a picture: a row for each class, a column for each class that its images
 * are taken for. Colours tell the part of the row's images, right ones in blue, mistakes in red;
 * their depth is its square root, for rare mistakes to be seen.
 */
public final class ConfusionPicture {
  private static final int SIDE = 900;
  private static final int MOST_CELL = 64;

  /** Sides of cells from which on each class has its name, and each count is written. */
  private static final int NAMED_CELL = 12;

  private static final int COUNTED_CELL = 28;
  private static final int MOST_NAME = 170;
  private static final int GAP = 8;
  private static final int LETTERS = 12;
  private static final int LEGEND = 44;
  private static final int BAR = 150;
  private static final int LEAST_WIDTH = 2 * BAR + 200;
  private static final Color RIGHT = new Color(0x08519C);
  private static final Color WRONG = new Color(0xB2182B);
  private static final Color FRAME = new Color(0xBBBBBB);
  private static final List<Integer> STEPS = List.of(1, 2, 5, 10, 20, 50, 100, 200, 500);

  private final ConfusionMatrix matrix;
  private final List<String> names;
  private final int columns;
  private final int cell;
  private final Graphics2D graphics;
  private final Lettering letters;
  private final int left;
  private final int top;
  private final BufferedImage picture;

  private ConfusionPicture(ConfusionMatrix matrix, List<String> names) {
    this.matrix = matrix;
    this.names =
        Stream.concat(matrix.classes().stream().map(names::get), Stream.of("others")).toList();
    columns = matrix.classes().size() + (matrix.hasOthers() ? 1 : 0);
    cell = Math.clamp(SIDE / columns, 2, MOST_CELL);
    int margin = margin();
    left = margin + 2 * GAP + LETTERS;
    top = left;
    int width = Math.max(left + columns * cell + GAP, LEAST_WIDTH);
    int height = top + matrix.classes().size() * cell + LEGEND;
    picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    graphics = picture.createGraphics();
    letters = new Lettering(graphics, LETTERS);
  }

  /** The room that names take. */
  private int margin() {
    Graphics2D scratch = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    Lettering measure = new Lettering(scratch, LETTERS);
    int longest = names.stream().mapToInt(measure::width).max().orElse(0);
    scratch.dispose();
    return Math.min(longest, MOST_NAME);
  }

  /**
   * Draws a matrix.
   *
   * @param names of all classes by number
   */
  public static BufferedImage draw(ConfusionMatrix matrix, List<String> names) {
    ConfusionPicture drawing = new ConfusionPicture(matrix, names);
    drawing.graphics.setColor(Color.WHITE);
    drawing.graphics.fillRect(0, 0, drawing.picture.getWidth(), drawing.picture.getHeight());
    drawing.cells();
    drawing.names();
    drawing.legend();
    drawing.graphics.dispose();
    return drawing.picture;
  }

  private void cells() {
    int rows = matrix.classes().size();
    for (int row = 0; row < rows; row++) {
      int images = matrix.images(row);
      for (int column = 0; column < columns; column++) {
        int count = matrix.counts()[row][column];
        if (count > 0) {
          double part = (double) count / images;
          graphics.setColor(shade(column == row ? RIGHT : WRONG, part));
          graphics.fillRect(left + column * cell, top + row * cell, cell, cell);
          count(count, part, left + column * cell, top + row * cell);
        }
      }
    }
    graphics.setColor(FRAME);
    graphics.drawRect(left - 1, top - 1, columns * cell + 1, rows * cell + 1);
    if (matrix.hasOthers()) {
      int x = left + rows * cell;
      graphics.drawLine(x, top, x, top + rows * cell);
    }
  }

  private void count(int count, double part, int x, int y) {
    String text = String.valueOf(count);
    if (cell >= COUNTED_CELL && letters.width(text) < cell) {
      graphics.setColor(part > 0.3 ? Color.WHITE : Color.BLACK);
      letters.center(text, x + cell / 2, y + cell / 2 + LETTERS / 2 - 1);
    }
  }

  /** A colour from nearly white for the least part to the full one for all. */
  private static Color shade(Color full, double part) {
    double depth = 0.08 + 0.92 * Math.sqrt(part);
    return new Color(
        mix(full.getRed(), depth), mix(full.getGreen(), depth), mix(full.getBlue(), depth));
  }

  private static int mix(int full, double depth) {
    return (int) Math.round(255 + (full - 255) * depth);
  }

  private void names() {
    graphics.setColor(Color.BLACK);
    int least = Math.ceilDiv(NAMED_CELL, cell);
    int step = STEPS.stream().filter(s -> s >= least).findFirst().orElse(least);
    for (int i = 0; i < columns; i += step) {
      String name = letters.cut(names.get(i), MOST_NAME);
      int middle = i * cell + cell / 2 + LETTERS / 2 - 2;
      letters.up(name, left + middle, top - GAP / 2);
      if (i < matrix.classes().size()) {
        letters.right(name, left - GAP / 2, top + middle);
      }
    }
    letters.left("taken for →", left, LETTERS + 1);
    letters.up("← class", LETTERS + 1, top + letters.width("← class"));
  }

  private void legend() {
    int y = picture.getHeight() - LEGEND + GAP;
    bar("right", RIGHT, GAP, y);
    bar("taken for another", WRONG, GAP + BAR + 60, y);
  }

  private void bar(String title, Color color, int x, int y) {
    for (int i = 0; i < BAR; i++) {
      graphics.setColor(shade(color, Math.pow(i / (BAR - 1.0), 2)));
      graphics.fillRect(x + i, y + LETTERS + 2, 1, 8);
    }
    graphics.setColor(Color.BLACK);
    letters.left(title + ", 0 to 100 % of a row", x, y + LETTERS - 2);
  }
}
