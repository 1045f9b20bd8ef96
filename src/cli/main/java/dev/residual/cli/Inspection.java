package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.cli.output.Text;
import dev.residual.cli.picture.FilterPicture;
import dev.residual.cli.picture.Lettering;
import dev.residual.cli.picture.PngFile;
import dev.residual.cli.picture.ResponsePicture;
import dev.residual.cli.report.CsvFile;
import dev.residual.graph.Value;
import dev.residual.inspect.Anatomy;
import dev.residual.inspect.LayerResponse;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import dev.residual.io.weights.TrainedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A look inside a network, whose files go to a folder.
 *
 * @param steps that bring images to the network's size
 * @param names of its classes
 * @param screen where the files are listed
 */
record Inspection(
    TrainedModel trained,
    Transform steps,
    List<String> names,
    ExecutionOptions engine,
    Path out,
    PrintWriter screen) {
  private static final int BATCH = 16;

  private Path listed(String file) {
    Path path = out.resolve(file);
    screen.println(Text.line(path.toString()));
    return path;
  }

  /** Draws the weights of the first convolution. */
  void drawFilters() throws IOException {
    Value filters =
        Anatomy.of(trained.architecture().inference(1))
            .filters()
            .orElseThrow(
                () ->
                    new Failure(trained.architecture().name() + " has no convolution to look at"));
    PngFile.write(listed("filters.png"), FilterPicture.draw(trained.weights().get(filters.name())));
  }

  /** Draws what blocks compute from images, and what speaks for a class, or the predicted one. */
  void look(List<Path> images, Orientation orientation, @Nullable Integer label, Console console)
      throws IOException {
    ImageNames used = new ImageNames();
    InsideView view = null;
    try {
      for (Path file : images) {
        Pixels read = ImageFile.read(file, orientation);
        Pixels image = steps.apply(read, new SplittableRandom(0));
        TrainedModel fitting = trained.input(image.height(), image.width());
        if (view == null || !view.isFor(fitting)) {
          if (view != null) {
            view.close();
          }
          view = InsideView.of(fitting, names, engine, console);
        }
        String name = used.of(file);
        view.drawBlocks(image, () -> listed(name + "-blocks.png"));
        view.explain(image, label, () -> listed(name + "-gradcam.png"));
      }
    } finally {
      if (view != null) {
        view.close();
      }
    }
  }

  /** Measures how strongly the layers respond to the images of a set. */
  void measure(DataSet set, Console console) throws IOException {
    int batch = trained.batch(Math.min(BATCH, set.size()));
    LoaderOptions options =
        LoaderOptions.evaluation(batch)
            .withThreads(engine.options().threads())
            .withCacheBytes(0)
            .withNormalization(trained.card().normalization());
    Loader loader = new Loader(set, steps, options);
    TrainedModel fitting = trained.input(loader.shape().dim(2), loader.shape().dim(3));
    TimeLeft time = new TimeLeft(loader.images());
    List<LayerResponse> responses;
    try (Progress progress = Progress.of(console, "measure", loader.images())) {
      responses =
          LayerResponse.of(
              engine.backend(),
              fitting.architecture().inference(batch),
              fitting.weights(),
              engine.options(),
              loader,
              done -> progress.report(done, time.after(done)));
    }
    List<List<?>> lines = new ArrayList<>();
    lines.add(List.of("layer", "standard deviation"));
    responses.forEach(response -> lines.add(List.of(response.layer(), response.deviation())));
    CsvFile.write(listed("responses.csv"), lines);
    if (Lettering.isPossible()) {
      String title = trained.architecture().name() + ", " + set.size() + " images";
      PngFile.write(listed("responses.png"), ResponsePicture.draw(title, responses));
    } else {
      console.warn("responses.png needs fonts, and this machine has none");
    }
  }
}
