package dev.residual.io.data;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.io.images.Images;
import dev.residual.io.images.Mixing;
import dev.residual.io.images.SplitMix;
import dev.residual.tensor.Layout;
import dev.residual.train.Batch;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CRC-32 of the floats that MixUp and CutMix of torchvision 0.28 give for the same numbers. */
class MixtureTest {
  private static final int H = 6;
  private static final int W = 5;
  private static final int CLASSES = 4;
  private static final int[] LABELS = {2, 0, 2};

  private final float[] images = new float[3 * 3 * H * W];
  private final int[] labels = LABELS.clone();
  private final float[] targets = new float[3 * CLASSES];
  private final Batch batch;

  MixtureTest() {
    byte[] pattern = Images.pattern(H, W).rgb();
    for (int i = 0; i < images.length; i++) {
      int n = i / pattern.length;
      images[i] = (pattern[i % pattern.length] & 0xFF) * (float) (n + 1) / 10 - 7;
    }
    Arrays.fill(targets, Float.NaN);
    batch =
        new Batch(
            MemorySegment.ofArray(images),
            Layout.CHANNELS_LAST,
            MemorySegment.ofArray(labels),
            MemorySegment.ofArray(targets),
            3);
  }

  @ParameterizedTest
  @CsvSource({"0.3, 3badb6e7, a8852eb5", "0.8, 55f72568, 8f857a07"})
  void mixupIsTorchvisions(double weight, String mixed, String soft) {
    Mixture.mixup(weight, H, W).apply(batch, W);
    assertThat(crc(images)).isEqualTo(mixed);
    assertThat(crc(targets)).isEqualTo(soft);
  }

  @ParameterizedTest
  @CsvSource({
    "0.25, 2, 1, 0.6, 62b0fde3, 902fed5d",
    "0.9, 5, 4, 1.0, 64386fc1, 11489010",
    "0.0, 3, 2, 0.2, cfafe4ab, 93aed088",
    "0.5, 0, 0, 0.9333333333333333, 4086d313, 9389c0b3"
  })
  void cutmixIsTorchvisions(
      double share, int y, int x, double corrected, String mixed, String soft) {
    Mixture mixture = Mixture.cutmix(share, y, x, H, W);
    assertThat(mixture.share()).isCloseTo(corrected, within(1e-15));
    mixture.apply(batch, W);
    assertThat(crc(images)).isEqualTo(mixed);
    assertThat(crc(targets)).isEqualTo(soft);
  }

  private static String crc(float[] numbers) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[4 * numbers.length]);
    for (int i = 0; i < numbers.length; i++) {
      bytes.set(
          JAVA_FLOAT.withByteAlignment(1).withOrder(ByteOrder.LITTLE_ENDIAN), 4L * i, numbers[i]);
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.asByteBuffer());
    return String.format("%08x", crc.getValue());
  }

  @Test
  void theLabelIsThatOfTheLargerShare() {
    Mixture.mixup(0.3, H, W).apply(batch, W);
    assertThat(labels).containsExactly(2, 2, 0);
    System.arraycopy(LABELS, 0, labels, 0, 3);
    Mixture.mixup(0.5, H, W).apply(batch, W);
    assertThat(labels).containsExactly(LABELS);
  }

  @Test
  void bothKindsTakeTurnsByChance() {
    SplitMix random = new SplitMix(4);
    assertThat(Mixture.draw(Mixing.NONE, H, W, random)).isNull();
    int cut = 0;
    for (int i = 0; i < 1000; i++) {
      cut += Mixture.draw(new Mixing(1, 1), 32, 32, random).weight() == 0 ? 1 : 0;
      assertThat(Mixture.draw(new Mixing(0.2, 0), H, W, random).bottom()).isEqualTo(H);
      assertThat(Mixture.draw(new Mixing(0, 1), H, W, random).weight()).isZero();
    }
    assertThat(cut).isBetween(440, 560);
  }

  /** The distribution function at 0.01, 0.1 and 0.3, integrated numerically. */
  @ParameterizedTest
  @CsvSource({
    "0.05, 0.39887, 0.44947, 0.48022",
    "0.2, 0.20978, 0.33669, 0.43320",
    "1, 0.01, 0.1, 0.3",
    "3, 0.00001, 0.00856, 0.16308"
  })
  void sharesAreBetaDistributed(double a, double p1, double p2, double p3) {
    SplitMix random = new SplitMix(9);
    int n = 40_000;
    double[] numbers = new double[n];
    for (int i = 0; i < n; i++) {
      numbers[i] = SymmetricBeta.sample(a, random);
    }
    double[][] points = {
      {0.01, p1}, {0.1, p2}, {0.3, p3}, {0.5, 0.5}, {0.7, 1 - p3}, {0.9, 1 - p2}
    };
    for (double[] point : points) {
      double part = (double) Arrays.stream(numbers).filter(v -> v <= point[0]).count() / n;
      // Four standard deviations.
      assertThat(part).as("a %s at %s", a, point[0]).isCloseTo(point[1], within(0.01));
    }
    assertThat(SymmetricBeta.sample(1e-6, random)).isBetween(0.0, 1.0);
    assertThat(SymmetricBeta.sample(100, random)).isBetween(0.3, 0.7);
  }
}
