package dev.residual.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.bench.ProcessModel.Bucket;
import dev.residual.nn.Networks;
import dev.residual.tensor.DType;
import dev.residual.train.Distribution;
import dev.residual.train.Recipe;
import dev.residual.train.Schedule;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessModelTest {
  private static final ProcessModel TWO =
      new ProcessModel(1, 0.1, List.of(new Bucket(0.5, 100), new Bucket(0.9, 100)), 0.01);

  @Test
  void theLastBucketIsWaitedFor() {
    // Of two processes each bucket takes 100 / 1000 + 2 * 0.01 seconds; the first is hidden.
    assertThat(TWO.step(2, 1000)).isCloseTo(0.9 + 0.12 + 0.1, within(1e-12));
    assertThat(TWO.step(1, 1000)).isEqualTo(1);
    assertThat(TWO.sent(2)).isEqualTo(200);
    assertThat(TWO.sent(4)).isEqualTo(300);
  }

  @Test
  void aSlowNetworkIsBoundByItsBytes() {
    // The second bucket begins when the first is summed, long after its gradients are there.
    assertThat(TWO.step(2, 10)).isCloseTo(0.5 + 2 * 10.02 + 0.1, within(1e-12));
  }

  @Test
  void whatCostsNothingIsFree() {
    ProcessModel free = new ProcessModel(2, 0.1, TWO.buckets(), 0);
    assertThat(free.efficiency(1024, 1e30)).isCloseTo(1, within(1e-12));
    assertThat(TWO.efficiency(1024, 1e30)).isLessThan(TWO.efficiency(8, 1e30));
  }

  @Test
  void bucketsAreThoseOfTheGraph() {
    Recipe recipe = new Recipe(1, 2, new Sgd(0.9, 0), new Schedule.Constant(0), 0);
    ProcessModel model =
        ProcessModel.of(
            TrainingGraph.of(
                    Networks.named("resnet50").training(2),
                    recipe,
                    false,
                    DType.F32,
                    Distribution.of(2))
                .graph(),
            1,
            0);
    long bytes = model.buckets().stream().mapToLong(Bucket::bytes).sum();
    assertThat(bytes).isEqualTo(4L * 25_557_032);
    assertThat(model.buckets()).hasSizeBetween(4, 5);
    assertThat(model.buckets()).extracting(Bucket::ready).isSorted();
    assertThat(model.buckets().getFirst().ready()).isBetween(0.34, 0.6);
    assertThat(model.updates()).isBetween(0.0, 0.05);
  }
}
