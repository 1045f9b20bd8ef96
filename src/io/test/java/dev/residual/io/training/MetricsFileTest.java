package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.train.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFileTest {
  static final List<Metrics> METRICS =
      List.of(
          new Metrics(1, 0.1, 1.0 / 3, 0.25, 0.5, 0.75, 123.4, 1e-9),
          new Metrics(2, 0.010000000000000002, 1e-300, 1, Double.NaN, Double.NaN, 5e9, 77));

  @TempDir Path folder;

  @Test
  void readingGivesTheSameBits() throws IOException {
    Path file = folder.resolve("metrics.csv");
    MetricsFile.write(file, METRICS);
    assertThat(MetricsFile.read(file)).isEqualTo(METRICS);
  }

  @Test
  void isTextWithALineAnEpoch() throws IOException {
    Path file = folder.resolve("metrics.csv");
    MetricsFile.write(file, METRICS.subList(1, 2));
    assertThat(file)
        .hasContent(
            """
            epoch,learning_rate,train_loss,train_top1,test_top1,test_top5,images_per_second,seconds
            2,0.010000000000000002,1.0E-300,1.0,,,5.0E9,77.0
            """);
  }

  @Test
  void aMalformedLineIsNamed() throws IOException {
    Path file = folder.resolve("metrics.csv");
    MetricsFile.write(file, METRICS);
    Files.writeString(file, Files.readString(file) + "3,oops\n");
    assertThatThrownBy(() -> MetricsFile.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("line 4")
        .hasMessageContaining("oops");
    Files.writeString(file, "");
    assertThatThrownBy(() -> MetricsFile.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 1");
  }
}
