package dev.residual.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ZooModel;
import java.nio.file.Path;

/** A program that loads a model, predicts, and closes nothing. */
final class ForgetfulProbe {
  private ForgetfulProbe() {}

  public static void main(String[] args) throws Exception {
    ZooModel<NDList, NDList> model = Models.arrays(Path.of(args[0])).build().loadModel();
    model.newPredictor().predict(new NDList(model.getNDManager().ones(new Shape(1, 3, 224, 224))));
  }
}
