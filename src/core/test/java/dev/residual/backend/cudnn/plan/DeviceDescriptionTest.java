package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceDescriptionTest {
  static final java.util.List<String> NAMES = DeviceDescription.NAMES;

  @ParameterizedTest
  @FieldSource("NAMES")
  void devicesOfANameAreKnown(String name) {
    DeviceDescription device = DeviceDescription.of(name);
    assertThat(device.name()).contains(name.toUpperCase(java.util.Locale.ROOT));
    assertThat(device.computeCapability()).isIn("8.0", "9.0");
    assertThat(device.multiprocessors()).isBetween(100, 150);
    assertThat(device.memoryBytes()).isBetween(80_000_000_000L, 160_000_000_000L);
    assertThat(device.memoryBandwidth()).isBetween(1e12, 5e12);
    assertThat(device.peakHalfFlops()).isBetween(3e14, 1e15);
  }

  @Test
  void aFileIsReadAndWhatIsAbsentIsEstimated(@TempDir Path folder) throws IOException {
    String json =
        DeviceDescription.of("h100")
            .json()
            .replaceAll("\"memoryBandwidth\": \\d+", "\"memoryBusWidth\": 5120")
            .replaceAll(",\\s*\"peakHalfFlops\": \\d+", "")
            .replace("\"NVIDIA H100", "\"\\u004eVIDIA \\\"own\\\"");
    Path file = Files.writeString(folder.resolve("own.json"), json);
    DeviceDescription device = DeviceDescription.of(file.toString());
    assertThat(device.name()).startsWith("NVIDIA \"own\"");
    assertThat(device.memoryBandwidth()).isCloseTo(3.35e12, within(0.01e12));
    assertThat(device.peakHalfFlops()).isCloseTo(1.07e15, within(0.01e15));
  }

  @Test
  void aFileThatIsNotThereIsToldOf(@TempDir Path folder) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceDescription.of(folder.resolve("none").toString()))
        .withMessageContaining("none: give a file of JSON, or one of [a100, h100, h200]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceDescription.of(folder.toString()))
        .withMessageContaining("no device");
  }

  @Test
  void aMemberThatIsAbsentOrOfAnotherKindIsNamed() {
    String json = DeviceDescription.of("h100").json();
    refused(json.replace("\"maxGridSize\"", "\"x\""), "own.json", "maxGridSize", "is absent");
    refused(json.replace("\"warpSize\": 32", "\"warpSize\": true"), "warpSize", "is true");
    refused(json.replace("\"deviceVer\": 900", "\"deviceVer\": -1"), "deviceVer", "is -1.0");
    refused(json.replace("[1024, 1024, 64]", "[1024, 1024]"), "maxBlockSize", "three numbers");
    refused(json.replace("\"NVIDIA H100 80GB HBM3\"", "\" \""), "deviceName", "a text");
  }

  private static void refused(String json, String... words) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceDescription.parse(json, "own.json"))
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":01x}", "{\"a\":\"b}",
        "{\"a\":\"\\u12\"}", "{\"a\":\"\\", "{} {}", "{\"a\":nul}", "{a:1}"
      })
  void whatIsNotJsonIsToldOf(String text) {
    refused(text, "own.json is not JSON", "was expected at character");
  }

  @Test
  void nestingHasAnEnd() {
    refused("{\"a\":" + "[".repeat(100_000), "less nesting");
    assertThat(Json.object("{\"a\":[{\"b\":null},false,-1.5e3],\"c\":{}}")).hasSize(2);
  }
}
