package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.cli.picture.HeatPicture;
import dev.residual.cli.picture.PngFile;
import dev.residual.cli.picture.Tile;
import dev.residual.cli.picture.TileSheet;
import dev.residual.inspect.GradCam;
import dev.residual.inspect.GradCam.View;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import dev.residual.tensor.Layout;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pictures of the parts of images that speak for a class. */
final class Explanation implements AutoCloseable {
  private static final int SIDE = 336;

  private final TrainedModel trained;
  private final List<String> names;
  private final GradCam cam;

  /**
   * Compiles a network for images of its size.
   *
   * @param names of its classes
   */
  Explanation(TrainedModel trained, List<String> names, ExecutionOptions engine) {
    requireFloats(trained);
    this.trained = trained;
    this.names = names;
    cam =
        new GradCam(
            engine.backend(),
            trained.architecture().inference(1),
            trained.weights(),
            engine.options());
  }

  /** Refuses weights that have no gradients. */
  static void requireFloats(TrainedModel trained) {
    if (trained.isQuantized()) {
      throw new Failure(
          trained.file() + " holds 8-bit weights: a look inside takes those in floats");
    }
  }

  /** An image of the network's size as it is fed to it, channels last. */
  static MemorySegment scaled(Pixels image, TrainedModel trained) {
    MemorySegment memory = MemorySegment.ofArray(new float[image.rgb().length]);
    trained.card().normalization().write(image, memory, 0);
    return memory;
  }

  /**
   * Writes an image beside itself with what speaks for a class laid over.
   *
   * @param image of the network's size
   * @param label the class; null for the one that the network takes it for
   */
  void write(Path file, Pixels image, @Nullable Integer label) throws IOException {
    View view = cam.view(scaled(image, trained), Layout.CHANNELS_LAST);
    int chosen = label == null ? view.predicted() : label;
    BufferedImage picture = PngFile.picture(image, 1);
    BufferedImage over = HeatPicture.over(picture, cam.explain(view, chosen));
    String probability =
        Text.format("%s, %.2f %%", names.get(chosen), 100 * view.probability(chosen));
    List<Tile> tiles =
        List.of(
            new Tile(picture, List.of("the image")),
            new Tile(over, List.of("what speaks for " + probability)));
    PngFile.write(file, TileSheet.draw(tiles, 2, SIDE));
  }

  @Override
  public void close() {
    cam.close();
  }
}
