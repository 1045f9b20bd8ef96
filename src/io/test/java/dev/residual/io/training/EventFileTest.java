package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  @TempDir Path folder;

  /** Values of masked_crc32c in TensorBoard 2.21. */
  @Test
  void checksumsAreThoseOfTensorBoard() {
    byte[] bytes = "x123456789".getBytes(StandardCharsets.US_ASCII);
    assertThat(EventFile.checksum(bytes, 1, 9)).isEqualTo(0xc78ab0e5);
    assertThat(EventFile.checksum(bytes, 0, 0)).isEqualTo(0xa282ead8);
    assertThat(EventFile.checksum(new byte[] {24, 0, 0, 0, 0, 0, 0, 0}, 0, 8))
        .isEqualTo(0x224b7fa3);
  }

  /** What TensorBoard 2.21 serialises events to. */
  @Test
  void messagesAreThoseOfTensorBoard() throws IOException {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("train/loss", 1.5);
    numbers.put("b", -2.0);
    try (EventFile file = EventFile.create(folder, ".test", 7)) {
      file.write(300, numbers);
    }
    assertThat(EventRecords.of(file()))
        .containsExactly(
            "1000" + "1a0d627261696e2e4576656e743a32",
            "10073a020801",
            "10ac022a1d0a110a0a747261696e2f6c6f7373150000c03f0a080a016215000000c0");
  }

  private Path file() throws IOException {
    try (var files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      assertThat(all.getFirst().getFileName().toString())
          .matches("events\\.out\\.tfevents\\.\\d{10}\\.test");
      return all.getFirst();
    }
  }

  @Test
  void laterStepsAndWhatWasNotWrittenToItsEndAreCutOff() throws IOException {
    try (EventFile file = EventFile.create(folder, ".test", 1)) {
      for (int step = 1; step <= 5; step++) {
        file.write(step, Map.of("a", 1.0 * step));
      }
    }
    Path path = file();
    byte[] whole = Files.readAllBytes(path);
    List<String> records = EventRecords.of(path);
    assertThat(records).hasSize(7);
    for (int torn = 0; torn < 30; torn++) {
      Files.write(path, whole);
      Files.write(path, new byte[torn], StandardOpenOption.APPEND);
      EventFile.cut(path, 6);
      assertThat(EventRecords.of(path)).isEqualTo(records);
      Files.write(path, Arrays.copyOf(whole, whole.length - 1 - torn));
      EventFile.cut(path, 6);
      assertThat(EventRecords.of(path)).isEqualTo(records.subList(0, 6));
    }
    Files.write(path, whole);
    EventFile.cut(path, 4);
    assertThat(EventRecords.of(path)).isEqualTo(records.subList(0, 5));
    EventFile.cut(path, 4);
    assertThat(EventRecords.of(path)).isEqualTo(records.subList(0, 5));
  }

  @Test
  void filesOfTheSameSecondHaveOtherNames() throws IOException {
    for (int i = 0; i < 3; i++) {
      EventFile.create(folder, ".test", 1).close();
    }
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(3);
    }
  }
}
