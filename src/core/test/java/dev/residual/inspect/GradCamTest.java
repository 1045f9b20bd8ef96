package dev.residual.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.inspect.GradCam.View;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import dev.residual.train.SyntheticSource;
import dev.residual.train.TinyNetwork;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradCamTest {
  private static final Model MODEL = TinyNetwork.inference(1);
  private static final Weights WEIGHTS = TinyNetwork.weights(3);

  private static GradCam cam(String backend) {
    return new GradCam(Backends.named(backend), MODEL, WEIGHTS, CompileOptions.DEFAULT);
  }

  private static MemorySegment image() {
    return new SyntheticSource(5, 1, 1).batch(0, 0).images();
  }

  /** Behind the mean over all places, the gradient is the class's row of the linear layer. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void theMapIsTheSumOfChannelsWeightedByTheClass(String backend) {
    try (GradCam cam = cam(backend)) {
      View view = cam.view(image(), Layout.ROW_MAJOR);
      float[] features = view.features().toFloats();
      Tensor linear = WEIGHTS.get("linear.weight");
      int channels = linear.shape().dim(1);
      int places = features.length / channels;
      double greatest = 0;
      for (int label = 0; label < TinyNetwork.CLASSES; label++) {
        HeatMap map = cam.explain(view, label);
        assertThat(map.height() * map.width()).isEqualTo(places);
        for (int place = 0; place < places; place++) {
          double sum = 0;
          for (int k = 0; k < channels; k++) {
            sum += linear.get((long) label * channels + k) / places * features[k * places + place];
          }
          greatest = Math.max(greatest, sum);
          assertThat((double) map.values()[place]).isCloseTo(Math.max(0, sum), Offset.offset(1e-5));
        }
        assertThat(map.max()).isBetween(0f, (float) greatest + 1e-5f);
      }
      assertThat(greatest).isGreaterThan(1e-2);
    }
  }

  @Test
  void theViewHasTheLogitsOfTheNetwork() {
    try (GradCam cam = cam("reference");
        Probe probe =
            new Probe(
                Backends.reference(),
                MODEL,
                List.of(MODEL.logits()),
                WEIGHTS,
                CompileOptions.DEFAULT)) {
      View view = cam.view(image(), Layout.ROW_MAJOR);
      float[] logits = probe.run(image(), Layout.ROW_MAJOR).get(MODEL.logits()).toFloats();
      assertThat(view.logits()).containsExactly(logits, Offset.offset(1e-6f));
      double sum = 0;
      for (int c = 0; c < logits.length; c++) {
        assertThat(view.probability(c)).isLessThanOrEqualTo(view.probability(view.predicted()));
        sum += view.probability(c);
      }
      assertThat(sum).isCloseTo(1, Offset.offset(1e-12));
    }
  }

  @Test
  void otherModelsAndClassesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new GradCam(
                    Backends.reference(),
                    TinyNetwork.inference(2),
                    WEIGHTS,
                    CompileOptions.DEFAULT))
        .withMessageContaining("expected one image");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new GradCam(
                    Backends.reference(),
                    TinyNetwork.deep().inference(1),
                    WEIGHTS,
                    CompileOptions.DEFAULT))
        .withMessageContaining("missing");
    try (GradCam cam = cam("reference")) {
      View view = cam.view(image(), Layout.ROW_MAJOR);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> cam.explain(view, TinyNetwork.CLASSES))
          .withMessage("class 3 of 3");
    }
  }
}
