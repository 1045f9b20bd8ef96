package dev.residual.io.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  @TempDir Path folder;

  /** A file: header length, header, data. */
  private Path file(String header, String data) throws IOException {
    byte[] utf8 = header.getBytes(StandardCharsets.UTF_8);
    return raw(
        Pickles.number(8, utf8.length) + new String(utf8, StandardCharsets.ISO_8859_1) + data);
  }

  private Path raw(String content) throws IOException {
    return Files.write(folder.resolve("w.safetensors"), Pickles.bytes(content));
  }

  private static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  private static void assertRefused(Path file, String reason) {
    assertThatIOException()
        .isThrownBy(() -> Safetensors.read(file).weights())
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(reason)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void readsTensorsInTheOrderOfTheHeader() throws IOException {
    Path file =
        file(
            "{" + entry("b", "F32", "[2]", 4, 12) + "," + entry("a", "I32", "[]", 0, 4) + "}   ",
            Pickles.number(4, -5) + Pickles.floats(1.5f, 2.5f));

    Weights weights = Safetensors.read(file).weights();

    assertThat(weights.tensors().keySet()).containsExactly("b", "a");
    assertThat(weights.get("b").toFloats()).containsExactly(1.5f, 2.5f);
    assertThat(weights.get("a").shape()).isEqualTo(Shape.SCALAR);
    assertThat(weights.get("a").get(0)).isEqualTo(-5);
    assertThat(Safetensors.readMetadata(file)).isEmpty();
  }

  @Test
  void readsUnalignedData() throws IOException {
    String header =
        "{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("b", "F64", "[1]", 1, 9) + "}";
    String two = Pickles.number(8, Double.doubleToRawLongBits(2));

    Weights weights = Safetensors.read(file(header, "\u00ff" + two)).weights();

    assertThat(weights.get("a").get(0)).isEqualTo(255);
    assertThat(weights.get("b").get(0)).isEqualTo(2);
  }

  @Test
  void ignoresUnknownProperties() throws IOException {
    String header =
        "{\"a\":{\"x\":{\"y\":[1]},\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";

    assertThat(Safetensors.read(file(header, "\7")).weights().get("a").get(0)).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL, 2",
    "I16, 4",
    "U16, 4",
    "U32, 8",
    "U64, 16",
    "C64, 16",
    "F8_E4M3, 2",
    "F8_E5M2, 2",
    "F6_E2M3, 2",
    "F4, 1",
    "NEW_99, 3"
  })
  void leavesOtherElementTypesAside(String dtype, int bytes) throws IOException {
    String header =
        "{"
            + entry("a", "U8", "[1]", 0, 1)
            + ","
            + entry("flag", dtype, "[2]", 1, 1 + bytes)
            + ","
            + entry("none", "F32", "[0]", 1 + bytes, 1 + bytes)
            + ","
            + entry("b", "U8", "[1]", 1 + bytes, 2 + bytes)
            + "}";
    Path file = file(header, "\7" + "\0".repeat(bytes) + "\11");

    WeightFile read = WeightFile.read(file);

    assertThat(read.weights().tensors()).containsOnlyKeys("a", "b");
    assertThat(read.weights().get("b").get(0)).isEqualTo(9);
    assertThat(read.notes())
        .containsExactly("took 2 tensors; left aside 'flag' (" + dtype + "), 'none' (no elements)");
    assertThat(Safetensors.read(file).weights().tensors()).containsOnlyKeys("a", "b");
  }

  @Test
  void refusesFilesOfOtherElementTypesAlone() throws IOException {
    assertRefused(
        file("{" + entry("flag", "BOOL", "[1]", 0, 1) + "}", "\1"),
        "holds no tensors of a supported type: 'flag' (BOOL)");
  }

  @Test
  void refusesOtherElementTypesOfAnotherSize() throws IOException {
    assertRefused(
        file("{" + entry("flag", "BOOL", "[2]", 0, 1) + "}", "\1"), "'flag': BOOL [2] has 2 bytes");
    assertRefused(file("{" + entry("x", "NEW_99", "[2]", 1, 0) + "}", "\1"), "'x': NEW_99 [2]");
  }

  @Test
  void readsNullMetadata() throws IOException {
    Path file = file("{\"__metadata__\":null," + entry("a", "U8", "[1]", 0, 1) + "}", "\1");

    assertThat(Safetensors.read(file).weights().tensors()).containsOnlyKeys("a");
    assertThat(Safetensors.readMetadata(file)).isEmpty();
  }

  @Test
  void readsAFileWithoutTensors() throws IOException {
    Path file = file("{\"__metadata__\":{\"k\":\"v\"}}", "");

    assertThat(Safetensors.read(file).weights().tensors()).isEmpty();
    assertThat(Safetensors.readMetadata(file)).isEqualTo(Map.of("k", "v"));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void readsWhatItWrites(DType dtype) throws IOException {
    Tensor tensor = Tensor.of(Shape.of(2, 1, 3), 1.5f, -2, 3, 0, 100, 7).to(dtype);
    Path file = folder.resolve("w.safetensors");

    Safetensors.write(file, new Weights(Map.of("läyer \"1\"\n", tensor)), Map.of("ä", "\u2028"));

    Tensors.assertSame(Safetensors.read(file).weights().get("läyer \"1\"\n"), tensor);
    assertThat(Safetensors.readMetadata(file)).isEqualTo(Map.of("ä", "\u2028"));
  }

  @Test
  void writesAlignedDataBehindAPaddedHeader() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("u8", Tensor.zeros(DType.U8, Shape.of(3)));
    tensors.put("f32", Tensor.of(Shape.of(1), 1f));
    tensors.put("f64", Tensor.of(Shape.of(1), 1.0));
    Path file = folder.resolve("w.safetensors");

    Safetensors.write(file, new Weights(tensors));

    String content = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(content).startsWith(Pickles.number(8, content.length() - 8 - 15));
    assertThat((content.length() - 15) % 8).isZero();
    assertThat(content)
        .contains(
            "{"
                + entry("u8", "U8", "[3]", 12, 15)
                + ","
                + entry("f32", "F32", "[1]", 8, 12)
                + ","
                + entry("f64", "F64", "[1]", 0, 8)
                + "}");
    assertThat(Safetensors.read(file).weights().tensors().keySet())
        .containsExactly("u8", "f32", "f64");
  }

  @Test
  void writesEqualBytesForEqualWeights() throws IOException {
    Weights weights = new Weights(Map.of("w", Tensor.of(Shape.of(1), 1f)));
    LinkedHashMap<String, String> forwards = new LinkedHashMap<>();
    forwards.put("a", "1");
    forwards.put("b", "2");

    Safetensors.write(folder.resolve("1"), weights, forwards);
    Safetensors.write(folder.resolve("2"), weights, forwards.reversed());

    assertThat(folder.resolve("1")).hasSameBinaryContentAs(folder.resolve("2"));
  }

  @Test
  void refusesToWriteATensorNamedLikeTheMetadata() {
    Weights weights = new Weights(Map.of("__metadata__", Tensor.of(Shape.of(1), 1f)));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Safetensors.write(folder.resolve("w"), weights))
        .withMessageContaining("__metadata__");
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.safetensors", "w.pth"})
  void refusesToWriteNamesThatAreNoText(String name) {
    Weights weights = new Weights(Map.of("\ud800", Tensor.of(Shape.of(1), 1f)));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightFile.write(folder.resolve(name), weights))
        .withMessageContaining("surrogate");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "0, header of 18446744073709551615 bytes, -1",
    "0, header of 100000001 bytes, 100000001",
    "0, truncated, 100000000",
    "0, truncated, 1",
  })
  void refusesHeaderLengths(int data, String reason, long length) throws IOException {
    assertRefused(raw(Pickles.number(8, length) + "x".repeat(data)), reason);
  }

  @Test
  void refusesFilesShorterThanTheHeaderLength() throws IOException {
    assertRefused(raw("1234567"), "truncated");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{} {}",
        "{}x",
        "nul",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}",
        "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,1]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[\"1\"],\"data_offsets\":[0,1]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,99999999999999999999]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}",
        "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        "{\"__metadata__\":[]}",
        "{\"__metadata__\":{\"k\":1}}",
        "{\"__metadata__\":{\"k\":\"v\",\"k\":\"v\"}}",
      })
  void refusesHeaders(String header) throws IOException {
    assertRefused(file(header, "\0"), "");
  }

  @Test
  void refusesHeadersThatAreNotUtf8() throws IOException {
    assertRefused(raw(Pickles.number(8, 5) + "{\"\u00ff\":"), "not valid JSON");
  }

  @Test
  void refusesDeepHeaders() throws IOException {
    assertRefused(file("{\"a\":{\"x\":" + "[".repeat(1_000_000), ""), "not valid JSON");
  }

  @Test
  void refusesTwoTensorsOfOneName() throws IOException {
    String header = "{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("a", "U8", "[1]", 1, 2) + "}";

    assertRefused(file(header, "\0\0"), "Duplicate Object property \"a\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "x\\ny", "", "F32 "})
  void refusesNamesOfNoType(String dtype) throws IOException {
    assertRefused(
        file("{" + entry("layer.w", dtype, "[1]", 0, 4) + "}", "\0\0\0\0"),
        "tensor 'layer.w' has the type '" + dtype.replace("\\n", " ") + "'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1]|8|4|data_offsets are [8, 4]",
        "[1]|0|8|data_offsets are [0, 8]",
        "[1]|0|3|data_offsets are [0, 3]",
        "[]|0|0|data_offsets are [0, 0]",
        "[0]|0|4|data_offsets are [0, 4]",
        "[4294967297]|0|4|data_offsets are [0, 4]",
        "[1073741824,1073741824,4]|0|4|impossible size",
        "[1073741824,1073741824,1]|0|4|impossible size",
        "[1073741824,268435456,1]|0|4|impossible size",
        "[1]|4|8|truncated",
        "[2]|0|8|truncated",
        "[1000]|0|4000|truncated",
        "[1]|9223372036854775804|9223372036854775807|data_offsets",
        "[1]|9223372036854775800|9223372036854775804|truncated",
      })
  void refusesTensorsThatDoNotFit(String shape, long begin, long end, String reason)
      throws IOException {
    assertRefused(file("{" + entry("a", "F32", shape, begin, end) + "}", "\0\0\0\0"), reason);
  }

  @Test
  void refusesOverlapsGapsAndRemains() throws IOException {
    String a = entry("a", "U8", "[2]", 0, 2);
    assertRefused(file("{" + a + "," + entry("b", "U8", "[2]", 1, 3) + "}", "\0\0\0"), "overlap");
    assertRefused(file("{" + a + "," + entry("b", "U8", "[2]", 0, 2) + "}", "\0\0"), "overlap");
    assertRefused(file("{" + a + "," + entry("b", "U8", "[2]", 3, 5) + "}", "\0\0\0\0\0"), "a gap");
    assertRefused(file("{" + a + "}", "\0\0\0"), "1 bytes after the last tensor");
  }

  @Test
  void refusesHighRanks() throws IOException {
    String shape = Stream.generate(() -> "1").limit(65).toList().toString();

    assertRefused(file("{" + entry("a", "U8", shape, 0, 1) + "}", "\0"), "more than 64 numbers");
  }

  /** As a checkpoint is while it is looked at. */
  @Test
  void aFileThatIsReplacedMeanwhileIsReadWhole() throws Exception {
    Path file = folder.resolve("w.safetensors");
    Weights few = weights(1);
    Weights many = weights(1000);
    Safetensors.write(file, few);
    AtomicBoolean isRead = new AtomicBoolean();
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              while (!isRead.get()) {
                write(file, many);
                write(file, few);
              }
            });
    for (int i = 0; i < 1000; i++) {
      assertThat(Safetensors.read(file).weights().get("w").shape().elements()).isIn(1L, 1000L);
    }
    isRead.set(true);
    writer.get();
  }

  private static Weights weights(int elements) {
    return new Weights(Map.of("w", Tensor.zeros(DType.F32, Shape.of(elements))));
  }

  private static void write(Path file, Weights weights) {
    try {
      Safetensors.write(file, weights);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
