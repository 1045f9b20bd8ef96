package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
  private static final int BATCH = 4;

  @Test
  void countsWhatASessionClassifiesImageByImage() {
    SyntheticSource source = new SyntheticSource(5, 10, BATCH);
    int expected = 0;
    List<Integer> classes = new ArrayList<>();
    Model one = TinyNetwork.inference(1);
    try (Session session = Backends.reference().compile(one.graph())) {
      TinyNetwork.weights(3).writeTo(session);
      for (int i = 0; i < source.images(); i++) {
        Batch batch = source.batch(0, i / BATCH);
        long bytes = one.images().bytes();
        MemorySegment image = batch.images().asSlice(i % BATCH * bytes, bytes);
        session.write(one.images(), image, Layout.ROW_MAJOR);
        session.run();
        float[] logits = session.read(one.logits()).toFloats();
        int best = 0;
        for (int c = 1; c < logits.length; c++) {
          best = logits[c] > logits[best] ? c : best;
        }
        int label = batch.labels().getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i % BATCH);
        expected += best == label ? 1 : 0;
        classes.add(best);
      }
    }
    try (Evaluator evaluator = evaluator()) {
      evaluator.write(TinyNetwork.weights(3));
      List<Integer> progress = new ArrayList<>();
      Accuracy accuracy = evaluator.evaluate(source, progress::add);
      assertThat(accuracy).isEqualTo(new Accuracy(10, expected, 10));
      assertThat(progress).containsExactly(1, 2, 3);
      assertThat(evaluator.predictions().images())
          .extracting(PredictedImage::predicted)
          .isEqualTo(classes);
      assertThat(evaluator.evaluate(source)).isEqualTo(accuracy);
      assertThat(evaluator.predictions().images()).as("those of the last alone").hasSize(10);
    }
  }

  @Test
  void viewsAreAveragedAsAViewEvaluatorDoes() {
    SyntheticSource views = new SyntheticSource(5, 20, BATCH);
    List<Double> alone = List.of(1.0);
    try (Evaluator evaluator = evaluator()) {
      evaluator.write(TinyNetwork.weights(3));
      assertThat(evaluator.evaluate(views, alone, ViewAverage.LOGITS, done -> {}))
          .isEqualTo(evaluator.evaluate(views));
      assertThatThrownBy(() -> evaluator.evaluate(views, List.of(), ViewAverage.LOGITS, done -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 0 views of each of 20 images");
    }
  }

  @Test
  void aLabelThatIsNoClassIsNamed() {
    BatchSource wrong = new SyntheticSource(5, 10, BATCH).mislabel(TinyNetwork.CLASSES);
    try (Evaluator evaluator = evaluator()) {
      assertThatThrownBy(() -> evaluator.evaluate(wrong))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("labels I32 4 holds 3 in row 0, which is not in [0, 3)");
    }
  }

  @Test
  void batchesOfAnotherShapeAreRefused() {
    try (Evaluator evaluator = evaluator()) {
      assertThatThrownBy(() -> evaluator.evaluate(new SyntheticSource(5, 10, 5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("5x3x8x8");
    }
  }

  static Evaluator evaluator() {
    return evaluator(Backends.reference());
  }

  static Evaluator evaluator(Backend backend) {
    return Evaluator.unwritten(
        backend, TinyNetwork.inference(BATCH), CompileOptions.DEFAULT, DType.F32);
  }
}
