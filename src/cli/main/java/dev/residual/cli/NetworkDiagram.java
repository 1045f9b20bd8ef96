package dev.residual.cli;

import dev.residual.cli.output.Text;
import dev.residual.nn.Architecture;
import dev.residual.nn.Architecture.Block;
import dev.residual.nn.Architecture.Shortcut;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.ResNet;
import dev.residual.nn.Summary;
import java.util.List;

/**
 * A drawing of a network from top to bottom: of a residual one the stem, the blocks of each stage
 * with their shortcuts, dashed where the shape changes, and the classifier; of another its modules.
 */
final class NetworkDiagram {
  private static final int WIDTH = 700;
  private static final int BOX_X = 190;
  private static final int BOX_WIDTH = 260;
  private static final int CENTER = BOX_X + BOX_WIDTH / 2;
  private static final int GAP = 26;
  private static final int LINE = 17;
  private static final int MOST_BLOCKS = 8;

  private final ImageNetwork network;
  private final Summary summary;
  private final StringBuilder body = new StringBuilder();
  private int y = 78;

  NetworkDiagram(ImageNetwork network, Summary summary) {
    this.network = network;
    this.summary = summary;
  }

  /** The same text for the same network. */
  String svg() {
    List<Summary.Row> rows = summary.rows();
    text(CENTER, 26, "title", network.name());
    text(CENTER, 44, "note", "images 3x%dx%d".formatted(network.height(), network.width()));
    for (int i = 0; i < rows.size(); i++) {
      Summary.Row row = rows.get(i);
      int top = y;
      if (network instanceof ResNet resnet && i > 0 && i < rows.size() - 1) {
        stage(row, resnet.architecture(), i - 1);
      } else {
        box("plain", row.layers().split(", "));
      }
      int middle = (top + y - GAP) / 2;
      text(20, middle, "left", row.name());
      text(20, middle + LINE, "leftnote", Describe.extents(row.output()));
      text(WIDTH - 20, middle, "right", Text.count(row.parameters()) + " parameters");
      text(WIDTH - 20, middle + LINE, "rightnote", Text.count(row.macs()) + " macs");
    }
    int height = y + 20;
    text(
        CENTER,
        y - 4,
        "note",
        "%s parameters, %s multiply-adds"
            .formatted(Text.count(summary.parameters()), Text.count(summary.macs())));
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">
    <style>
    text { font: 13px sans-serif; text-anchor: middle; fill: #222 }
    .title { font-size: 17px; font-weight: bold }
    .note, .leftnote, .rightnote { font-size: 12px; fill: #666 }
    .left, .leftnote { text-anchor: start }
    .right, .rightnote { text-anchor: end }
    rect { stroke: #456; rx: 5; fill: #e8eef7 }
    rect.plain { fill: #f3f0e6 }
    path { fill: none; stroke: #456; stroke-width: 1.3 }
    path.dashed { stroke-dasharray: 5 3 }
    </style>
    <rect x="0" y="0" width="%d" height="%d" style="fill: #fff; stroke: none"/>
    """
            .formatted(WIDTH, height, WIDTH, height, WIDTH, height)
        + body
        + "</svg>\n";
  }

  private void stage(Summary.Row row, Architecture architecture, int stage) {
    String layers = row.layers();
    String[] lines = layers.substring(1, layers.indexOf(']')).split(", ");
    int blocks = architecture.depths().get(stage);
    int shown = blocks > MOST_BLOCKS ? 2 : blocks;
    for (int block = 0; block < shown; block++) {
      // The first stage keeps its shape, unless its blocks widen it.
      boolean changed = block == 0 && (stage > 0 || architecture.block() == Block.BOTTLENECK);
      int top = y;
      box("block", lines);
      shortcut(top, architecture.shortcut(), changed);
    }
    if (shown < blocks) {
      text(CENTER, y - 2, "note", "and %d more".formatted(blocks - shown));
      y += GAP;
    }
  }

  private void shortcut(int top, Shortcut kind, boolean changed) {
    if (kind == Shortcut.NONE) {
      return;
    }
    boolean dashed = changed || kind == Shortcut.ALL_PROJECTION;
    int from = top - GAP / 2;
    int to = y - GAP / 2;
    int right = BOX_X + BOX_WIDTH + 22;
    body.append(
        "<path%s d=\"M %d %d H %d q 9 0 9 9 V %d q 0 9 -9 9 H %d\"/>\n"
            .formatted(dashed ? " class=\"dashed\"" : "", CENTER, from, right - 9, to - 9, CENTER));
  }

  private void box(String kind, String[] lines) {
    int height = lines.length * LINE + 12;
    body.append("<path d=\"M %d %d V %d\"/>\n".formatted(CENTER, y - GAP, y));
    body.append(
        "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n"
            .formatted(kind, BOX_X, y, BOX_WIDTH, height));
    for (int i = 0; i < lines.length; i++) {
      text(CENTER, y + LINE * (i + 1) + 1, "layer", lines[i]);
    }
    y += height + GAP;
  }

  private void text(int x, int at, String kind, String text) {
    body.append(
        "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n"
            .formatted(kind, x, at, text.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
