package dev.residual.cli.picture;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.util.List;

/** Pictures in rows, each fitted into a square, with their words below. */
public final class TileSheet {
  private static final int GAP = 10;
  private static final int LINE = 15;
  private static final int LETTERS = 12;
  private static final Color GROUND = new Color(0xF0F0F0);

  private TileSheet() {}

  /**
   * Draws a sheet.
   *
   * @param tiles at least one
   * @param columns the number of tiles in a row
   * @param side of a square in pixels
   */
  public static BufferedImage draw(List<Tile> tiles, int columns, int side) {
    int across = Math.min(columns, tiles.size());
    int lines = Lettering.isPossible() ? words(tiles) : 0;
    int stepX = side + GAP;
    int stepY = side + lines * LINE + GAP + (lines > 0 ? GAP / 2 : 0);
    BufferedImage sheet =
        new BufferedImage(
            GAP + across * stepX,
            GAP + Math.ceilDiv(tiles.size(), columns) * stepY,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    Lettering letters = new Lettering(graphics, LETTERS);
    for (int i = 0; i < tiles.size(); i++) {
      int x = GAP + i % columns * stepX;
      int y = GAP + i / columns * stepY;
      graphics.setColor(GROUND);
      graphics.fillRect(x, y, side, side);
      BufferedImage picture = fitted(tiles.get(i).picture(), side);
      graphics.drawImage(
          picture, x + (side - picture.getWidth()) / 2, y + (side - picture.getHeight()) / 2, null);
      graphics.setColor(Color.BLACK);
      int line = 1;
      for (String word : tiles.get(i).words()) {
        letters.left(letters.cut(word, side), x, y + side + LINE * line++);
      }
    }
    graphics.dispose();
    return sheet;
  }

  private static int words(List<Tile> tiles) {
    return tiles.stream().mapToInt(tile -> tile.words().size()).max().orElse(0);
  }

  /** A picture with its longer side brought to this one. */
  public static BufferedImage fitted(BufferedImage picture, int side) {
    double scale = (double) side / Math.max(picture.getWidth(), picture.getHeight());
    int width = (int) Math.max(1, Math.round(picture.getWidth() * scale));
    int height = (int) Math.max(1, Math.round(picture.getHeight() * scale));
    // Enlarged pixels stay squares; of many, none is passed over.
    int way = scale > 1 ? Image.SCALE_REPLICATE : Image.SCALE_AREA_AVERAGING;
    BufferedImage fitted = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = fitted.createGraphics();
    graphics.drawImage(picture.getScaledInstance(width, height, way), 0, 0, null);
    graphics.dispose();
    return fitted;
  }
}
