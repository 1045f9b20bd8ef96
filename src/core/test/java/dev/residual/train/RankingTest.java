package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class RankingTest {
  @Test
  void countsTheFirstAndTheFirstFive() {
    Ranking ranking = ranking(1, 7, new float[] {7, 6, 5, 4, 3, 2, 1});
    int[] top1 = {1, 0, 0, 0, 0, 0, 0};
    int[] top5 = {1, 1, 1, 1, 1, 0, 0};
    for (int label = 0; label < 7; label++) {
      ranking.count(batch(1, label));
      assertThat(ranking.top1()).as("label %d", label).isEqualTo(top1[label]);
      assertThat(ranking.top5()).as("label %d", label).isEqualTo(top5[label]);
    }
  }

  @Test
  void equalLogitsRankByIndex() {
    Ranking ranking = ranking(1, 7, new float[7]);
    ranking.count(batch(1, 0));
    assertThat(ranking.top1()).isEqualTo(1);
    ranking.count(batch(1, 4));
    assertThat(ranking.top1()).isZero();
    assertThat(ranking.top5()).isEqualTo(1);
    ranking.count(batch(1, 5));
    assertThat(ranking.top5()).isZero();
  }

  @Test
  void aLogitThatIsNoNumberNeverMakesAnImageCorrect() {
    float nan = Float.NaN;
    Ranking ranking = ranking(1, 6, new float[] {nan, nan, nan, nan, nan, nan});
    ranking.count(batch(1, 0));
    assertThat(ranking.top1()).isZero();
    assertThat(ranking.top5()).isZero();
  }

  @Test
  void imagesAfterTheCountAreLeftOut() {
    Ranking ranking = ranking(3, 2, new float[] {1, 0, 0, 1, 1, 0});
    ranking.count(batch(2, 0, 1, 0));
    assertThat(ranking.top1()).isEqualTo(2);
  }

  @Test
  void aLabelThatIsNoClassIsRefused() {
    Ranking ranking = ranking(2, 3, new float[6]);
    assertThatThrownBy(() -> ranking.check(batch(2, 0, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("label 3 of image 1");
    assertThatThrownBy(() -> ranking.check(batch(2, -1, 0)))
        .isInstanceOf(IllegalArgumentException.class);
    ranking.check(batch(1, 2, 99));
  }

  private static Ranking ranking(int rows, int classes, float[] logits) {
    Value value = Value.activation("logits", Shape.of(rows, classes), DType.F32);
    Ranking ranking = new Ranking(value);
    ranking.memory().copyFrom(MemorySegment.ofArray(logits));
    return ranking;
  }

  private static Batch batch(int count, int... labels) {
    MemorySegment images = MemorySegment.ofArray(new float[1]);
    return new Batch(images, Layout.ROW_MAJOR, MemorySegment.ofArray(labels), count);
  }
}
