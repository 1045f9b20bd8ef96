package dev.residual.cli;

import dev.residual.cli.picture.ActivationPicture;
import dev.residual.cli.picture.PngFile;
import dev.residual.graph.Value;
import dev.residual.inspect.Anatomy;
import dev.residual.inspect.Probe;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.Model;
import dev.residual.tensor.Layout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network that shows what it does to images of one size.
 *
 * @param probe computes its blocks; null if it has none
 * @param explanation null if it cannot explain a class
 */
record InsideView(TrainedModel trained, @Nullable Probe probe, @Nullable Explanation explanation)
    implements AutoCloseable {

  /** Compiles a network; the console is told what it cannot show. */
  static InsideView of(
      TrainedModel trained, List<String> names, ExecutionOptions engine, Console console) {
    Model model = trained.architecture().inference(1);
    List<Value> blocks = Anatomy.of(model).blocks();
    Probe probe =
        blocks.isEmpty()
            ? null
            : new Probe(engine.backend(), model, blocks, trained.weights(), engine.options());
    if (probe == null) {
      console.warn(model.name() + " has no blocks to show");
    }
    try {
      return new InsideView(trained, probe, new Explanation(trained, names, engine));
    } catch (IllegalArgumentException e) {
      console.warn("classes are not explained: " + e.getMessage());
      return new InsideView(trained, probe, null);
    } catch (RuntimeException | Error e) {
      if (probe != null) {
        probe.close();
      }
      throw e;
    }
  }

  /** Whether it shows this network, for images of this size. */
  boolean isFor(TrainedModel other) {
    return trained.architecture().equals(other.architecture());
  }

  /** Draws what the blocks compute from an image of the network's size. */
  void drawBlocks(Pixels image, Supplier<Path> file) throws IOException {
    if (probe != null) {
      PngFile.write(
          file.get(),
          ActivationPicture.draw(
              probe.run(Explanation.scaled(image, trained), Layout.CHANNELS_LAST)));
    }
  }

  /** Draws what speaks for a class, or for the predicted one. */
  void explain(Pixels image, @Nullable Integer label, Supplier<Path> file) throws IOException {
    if (explanation != null) {
      explanation.write(file.get(), image, label);
    }
  }

  @Override
  public void close() {
    if (probe != null) {
      probe.close();
    }
    if (explanation != null) {
      explanation.close();
    }
  }
}
