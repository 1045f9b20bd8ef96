package dev.residual.djl;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program that prints its resident memory in kilobytes before and after 500 loads and closes. */
final class LoadingProbe {
  static final Path STATUS = Path.of("/proc/self/status");
  private static final int SIDE = 224;
  private static final int BEFORE = 500;
  private static final int MEASURED = 500;

  private LoadingProbe() {}

  public static void main(String[] args) throws Exception {
    for (int i = 0; i < BEFORE; i++) {
      loadPredictClose(Path.of(args[0]));
    }
    long resident = resident();
    for (int i = 0; i < MEASURED; i++) {
      loadPredictClose(Path.of(args[0]));
    }
    System.out.println(resident + " " + resident());
  }

  private static void loadPredictClose(Path file) throws Exception {
    try (ZooModel<NDList, NDList> model =
            Models.arrays(file).optOption("sessions", "2").build().loadModel();
        Predictor<NDList, NDList> predictor = model.newPredictor()) {
      NDManager manager = model.getNDManager();
      predictor.predict(new NDList(manager.ones(new Shape(3, 3, SIDE, SIDE))));
    }
  }

  private static long resident() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
