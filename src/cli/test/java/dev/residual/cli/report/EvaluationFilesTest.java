package dev.residual.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.data.DataSet;
import dev.residual.io.images.Pixels;
import dev.residual.train.PredictedImage;
import dev.residual.train.Predictions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationFilesTest {
  private static final int IMAGES = 25;
  private static final int SIDE = 800;

  /** Photographs, and how much of the heap is taken whenever one is read. */
  private static final class Photographs implements DataSet {
    final List<Long> taken = new ArrayList<>();

    @Override
    public int size() {
      return IMAGES;
    }

    @Override
    public int label(int index) {
      return 0;
    }

    @Override
    public String name(int index) {
      return "ape/" + index;
    }

    @Override
    public List<String> classes() {
      return List.of("ape", "bee");
    }

    @Override
    public Pixels image(int index) {
      System.gc();
      taken.add(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
      return new Pixels(SIDE, SIDE, new byte[3 * SIDE * SIDE]);
    }

    @Override
    public void close() {}
  }

  @Test
  void theWorstImagesAreNotHeldInFullSize(@TempDir Path folder) throws IOException {
    Photographs set = new Photographs();
    PredictedImage wrong = new PredictedImage(0, 1, 0.9, 2);
    Predictions predictions = new Predictions(2, Collections.nCopies(IMAGES, wrong));
    EvaluationFiles.of(set, predictions).write(folder, new ReportPage("photographs"));
    assertThat(ImageIO.read(folder.resolve("worst.png").toFile()).getWidth()).isEqualTo(1060);
    assertThat(set.taken).hasSize(IMAGES);
    long all = 4L * SIDE * SIDE * IMAGES;
    assertThat(set.taken.getLast() - set.taken.getFirst()).isLessThan(all / 4);
  }
}
