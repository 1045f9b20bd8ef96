package dev.residual.io;

import dev.residual.Backends;
import dev.residual.backend.onednn.ProbeJvm;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import java.io.IOException;

/** A program that prints its resident memory in kilobytes before and after much of some work. */
final class EmbedderProbe {
  /** What is done again and again. */
  enum Work {
    CALLS,
    REPLACEMENTS
  }

  private EmbedderProbe() {}

  public static void main(String[] args) throws IOException {
    Work work = Work.valueOf(args[0]);
    int times = Integer.parseInt(args[1]);
    TrainedModel model = TinyModels.of(TinyModels.weights());
    Pixels image = TinyModels.images(1).getFirst();
    try (Embedder embedder =
        new Embedder(Backends.cpu(), model, EmbedderOptions.DEFAULT.withThreads(1))) {
      Runnable once =
          switch (work) {
            case CALLS -> () -> embedder.embed(image);
            case REPLACEMENTS -> () -> embedder.replace(model);
          };
      repeat(times, once);
      long resident = ProbeJvm.resident();
      repeat(times, once);
      System.out.println(resident + " " + ProbeJvm.resident());
    }
  }

  private static void repeat(int times, Runnable once) {
    for (int i = 0; i < times; i++) {
      once.run();
    }
  }
}
