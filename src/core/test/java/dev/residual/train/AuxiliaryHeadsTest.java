package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Dropout;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Networks;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** GoogLeNet's heads beside its layers. */
class AuxiliaryHeadsTest {
  private static final Shape IMAGES = Shape.of(4, 3, 128, 128);
  private static final CompileOptions OPTIONS = CompileOptions.DEFAULT.withMeasured(false);
  private static final ImageNetwork NETWORK =
      Networks.named("googlenet").classes(5).input(IMAGES.dim(2), IMAGES.dim(3));

  /**
   * The loss of torchvision 0.28 before three steps, in double precision: main + 0.3 (aux1 + aux2).
   */
  private static final double[] LOSSES = {
    2.637384780923915, 2.0337259796990006, 1.6845442935844246
  };

  @Test
  void stepsAreThoseOfTorchvision() {
    Model model = withoutDropout(NETWORK.training(IMAGES.dim(0)));
    TrainingGraph graph = TrainingGraph.of(model, new Sgd(0.9, 0), 0);
    Weights weights = FormulaWeights.of(model.graph());
    try (Trainer trainer = new Trainer(Backends.cpu(), OPTIONS, graph, weights);
        Evaluator evaluator =
            Evaluator.unwritten(Backends.cpu(), NETWORK.inference(4), OPTIONS, DType.F32)) {
      List<Double> losses = new ArrayList<>();
      for (int step = 0; step < LOSSES.length; step++) {
        losses.add(trainer.step(batch(), 0.001));
      }
      for (int step = 0; step < LOSSES.length; step++) {
        // Steps make rounding errors larger: PyTorch's in float are as far off.
        assertThat(losses.get(step))
            .as("step %d", step)
            .isCloseTo(LOSSES[step], within(step == 0 ? 1e-5 : step == 1 ? 5e-4 : 1e-2));
      }
      evaluator.write(trainer.weights());
    }
  }

  private static Model withoutDropout(Model model) {
    List<Op> ops = new ArrayList<>();
    for (Op op : model.graph().ops()) {
      ops.add(
          op instanceof Dropout drop
              ? new Dropout(drop.src(), drop.random(), drop.dst(), drop.mask(), 0)
              : op);
    }
    return model.withGraph(new Graph(ops, model.graph().outputs()));
  }

  private static Batch batch() {
    float[] images = FormulaWeights.images(DType.F32, IMAGES, 4).toFloats();
    MemorySegment labels = MemorySegment.ofArray(new int[] {3, 1, 4, 1});
    return new Batch(MemorySegment.ofArray(images), Layout.ROW_MAJOR, labels, 4);
  }
}
