package dev.residual.cli.report;

import dev.residual.cli.output.Text;
import dev.residual.cli.picture.ConfusionPicture;
import dev.residual.cli.picture.PngFile;
import dev.residual.cli.picture.Tile;
import dev.residual.cli.picture.TileSheet;
import dev.residual.io.data.DataSet;
import dev.residual.train.ConfusionMatrix;
import dev.residual.train.PredictedImage;
import dev.residual.train.Predictions;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What there is to see of an evaluation, as files of a folder and as sections of a page:
 *
 * <ul>
 *   <li>{@code predictions.csv}: each image with its class, the predicted one, and its loss
 *   <li>{@code classes.csv}: each class with its accuracy, and what it is taken for most often
 *   <li>{@code confusion.csv} and {@code confusion.png}: a row for each class, a column for each
 *       that its images are taken for; left out where there are too many classes
 *   <li>{@code worst.png}: the images with the highest loss
 * </ul>
 *
 * @param set the images
 * @param names of all classes of the network by number
 */
public record EvaluationFiles(DataSet set, List<String> names, Predictions predictions) {
  /** More classes would be neither a picture to look at nor a table to read. */
  private static final int MOST_CLASSES = 1000;

  private static final int WORST = 25;
  private static final int COLUMNS = 5;
  private static final int SIDE = 200;
  private static final int MISTAKES = 30;

  /** Names the classes as the data do, those that the data lack by their numbers. */
  public static EvaluationFiles of(DataSet set, Predictions predictions) {
    List<String> names = new ArrayList<>(set.classes());
    while (names.size() < predictions.classes()) {
      names.add(String.valueOf(names.size()));
    }
    return new EvaluationFiles(set, names, predictions);
  }

  /** Writes the files, and adds the sections. */
  public void write(Path folder, ReportPage page) throws IOException {
    ConfusionMatrix matrix = ConfusionMatrix.of(predictions);
    List<Mistake> mistakes = Mistake.of(predictions);
    writePredictions(folder.resolve("predictions.csv"));
    List<List<String>> classes = classes(matrix, mistakes);
    CsvFile.write(folder.resolve("classes.csv"), classes);
    page.section("Classes").table(classes.getFirst(), classes.subList(1, classes.size()));
    if (matrix.classes().size() <= MOST_CLASSES) {
      CsvFile.write(folder.resolve("confusion.csv"), lines(matrix));
      BufferedImage picture = ConfusionPicture.draw(matrix, names);
      PngFile.write(folder.resolve("confusion.png"), picture);
      page.section("Confusion matrix").picture("confusion matrix", picture);
    }
    if (!mistakes.isEmpty()) {
      page.section("Most frequent mistakes")
          .table(List.of("class", "taken for", "images"), rows(mistakes));
    }
    BufferedImage worst = worst();
    PngFile.write(folder.resolve("worst.png"), worst);
    page.section("Images with the highest loss").picture("worst images", worst);
  }

  private void writePredictions(Path file) throws IOException {
    List<List<?>> lines = new ArrayList<>();
    lines.add(List.of("image", "class", "predicted", "probability", "loss"));
    for (int i = 0; i < predictions.images().size(); i++) {
      PredictedImage image = predictions.images().get(i);
      lines.add(
          List.of(
              set.name(i),
              names.get(image.label()),
              names.get(image.predicted()),
              image.probability(),
              image.loss()));
    }
    CsvFile.write(file, lines);
  }

  private List<List<String>> classes(ConfusionMatrix matrix, List<Mistake> mistakes) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("class", "images", "right", "accuracy", "most often taken for", "times"));
    for (int row = 0; row < matrix.classes().size(); row++) {
      int label = matrix.classes().get(row);
      Mistake most = mistakes.stream().filter(m -> m.label() == label).findFirst().orElse(null);
      lines.add(
          List.of(
              names.get(label),
              String.valueOf(matrix.images(row)),
              String.valueOf(matrix.counts()[row][row]),
              Text.format("%.4f", matrix.accuracy(row)),
              most == null ? "" : names.get(most.predicted()),
              most == null ? "" : String.valueOf(most.images())));
    }
    return lines;
  }

  private List<List<?>> lines(ConfusionMatrix matrix) {
    int columns = matrix.classes().size() + (matrix.hasOthers() ? 1 : 0);
    List<String> shown =
        Stream.concat(matrix.classes().stream().map(names::get), Stream.of("others")).toList();
    List<List<?>> lines = new ArrayList<>();
    List<Object> header = new ArrayList<>(List.of("class"));
    header.addAll(shown.subList(0, columns));
    lines.add(header);
    for (int row = 0; row < matrix.classes().size(); row++) {
      List<Object> line = new ArrayList<>(List.of(shown.get(row)));
      for (int column = 0; column < columns; column++) {
        line.add(matrix.counts()[row][column]);
      }
      lines.add(line);
    }
    return lines;
  }

  private List<List<String>> rows(List<Mistake> mistakes) {
    return mistakes.stream()
        .limit(MISTAKES)
        .map(m -> List.of(names.get(m.label()), names.get(m.predicted()), "" + m.images()))
        .toList();
  }

  private BufferedImage worst() throws IOException {
    List<Tile> tiles = new ArrayList<>();
    for (int index : predictions.worst(WORST)) {
      PredictedImage image = predictions.images().get(index);
      tiles.add(
          new Tile(
              // Photographs as they are would not fit into the memory together.
              TileSheet.fitted(PngFile.picture(set.image(index), 1), SIDE),
              List.of(
                  names.get(image.label()),
                  Text.format(
                      "taken for %s, %.1f %%",
                      names.get(image.predicted()), 100 * image.probability()),
                  Text.format("loss %.2f", image.loss()),
                  file(set.name(index)))));
    }
    return TileSheet.draw(tiles, COLUMNS, SIDE);
  }

  /** The name without the folder, which is the class. */
  private static String file(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
