package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.io.weights.WeightTargets;
import dev.residual.train.Metrics;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of a training that somebody made by hand, checksum and all. */
class HostileTrainingFilesTest {
  private static final Pattern CHECKSUM = Pattern.compile("its checksum is (\\w+), not");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "absent",
      value = {
        "residual.checkpoint | 2 | is a checkpoint of version '2', this program reads version 1",
        "residual.checkpoint | absent | is no checkpoint of a training",
        "epoch | -1 | neither can be negative",
        "epoch | 2147483648 | For input string: \"2147483648\"",
        "epoch | 7 | metrics of 1 epochs where 7 are done",
        "epoch | absent | its metadata lack epoch",
        "batch | -2147483648 | neither can be negative",
        "batch | 1.5 | For input string",
        "images | 9223372036854775808 | For input string",
        "top1 | '' | For input string",
        "loss | much | For input string",
        "seconds | absent | its metadata lack seconds",
        "metrics | epoch | line 1 is not epoch,learning_rate",
        "setting.epochs | many | the setting epochs is 'many', expected a whole number",
        "setting.patience | 99999999999 | the setting patience is '99999999999', expected a whole"
      })
  void metadataOfOtherValuesAreRefused(String name, String value, String reason)
      throws IOException {
    Path file = folder.resolve("checkpoint.safetensors");
    TrainingState state =
        new TrainingState(
            Map.of("epochs", "3"),
            1,
            0,
            Totals.ZERO,
            WeightTargets.weights(),
            WeightTargets.weights(),
            List.of(new Metrics(1, 0.1, 1, 0, 0, 0, 1, 1)));
    Checkpoint.write(file, state);
    assertThat(Checkpoint.read(file).isComplete()).isFalse();
    WeightFile read = Safetensors.read(file);
    Map<String, String> metadata = new HashMap<>(read.metadata());
    if (value == null) {
      metadata.remove(name);
    } else {
      metadata.put(name, value);
    }
    Safetensors.write(file, read.weights(), metadata);
    IOException unsigned = catchThrowableOfType(IOException.class, () -> Checkpoint.read(file));
    Matcher checksum = CHECKSUM.matcher(unsigned.getMessage());
    if (checksum.find()) {
      metadata.put("crc32c", checksum.group(1));
      Safetensors.write(file, read.weights(), metadata);
    }

    assertThatIOException()
        .isThrownBy(() -> Checkpoint.read(file))
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | line 1 is not epoch",
        "HEADER\\n1,2,3 | line 2 is '1,2,3', expected an epoch and seven numbers",
        "HEADER\\n1,0.1,1,1,1,1,1,1,1 | line 2 is '1,0.1,1,1,1,1,1,1,1', expected",
        "HEADER\\n\\n | line 2 is '', expected",
        "HEADER\\n4294967297,0,0,0,0,0,0,0 | line 2 is '4294967297,",
        "HEADER\\n1,0,0,0,0,0,0,0\\n\\33[2J,0,0,0,0,0,0,0 | line 3 is ' [2J,0",
      })
  void metricsOfOtherFormsAreRefused(String text, String reason) throws IOException {
    String header = MetricsFile.format(List.of()).strip();
    Path file =
        Files.writeString(
            folder.resolve("metrics.csv"), text.translateEscapes().replace("HEADER", header));

    assertThatIOException()
        .isThrownBy(() -> MetricsFile.read(file))
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(reason);
  }
}
