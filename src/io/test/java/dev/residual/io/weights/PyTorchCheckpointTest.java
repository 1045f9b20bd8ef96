package dev.residual.io.weights;

import static dev.residual.io.weights.Pickles.FLOAT;
import static dev.residual.io.weights.Pickles.ORDERED_DICT;
import static dev.residual.io.weights.Pickles.dict;
import static dev.residual.io.weights.Pickles.floats;
import static dev.residual.io.weights.Pickles.integer;
import static dev.residual.io.weights.Pickles.legacy;
import static dev.residual.io.weights.Pickles.number;
import static dev.residual.io.weights.Pickles.storage;
import static dev.residual.io.weights.Pickles.string;
import static dev.residual.io.weights.Pickles.tensor;
import static dev.residual.io.weights.Pickles.tuple;
import static dev.residual.io.weights.Pickles.vector;
import static dev.residual.io.weights.Pickles.zip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.Pickles.Storage;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchCheckpointTest {
  @TempDir Path folder;

  @Test
  void readsTheZipForm() throws IOException {
    assertTwoTensors(
        read(
            zip(
                Pickles.twoTensors(),
                Map.of(
                    "0", Pickles.twoStorages().get(0).data(),
                    "1", Pickles.twoStorages().get(1).data()))));
  }

  @Test
  void readsTheFormBeforeZip() throws IOException {
    Map<String, Storage> storages = new LinkedHashMap<>();
    storages.put("1", Pickles.twoStorages().get(1));
    storages.put("0", Pickles.twoStorages().get(0));

    assertTwoTensors(read(legacy(Pickles.twoTensors(), storages)));
  }

  private static void assertTwoTensors(Weights tensors) {
    assertThat(tensors.tensors().keySet()).containsExactly("weight", "bias");
    assertThat(tensors.get("weight").shape()).isEqualTo(Shape.of(3, 2));
    assertThat(tensors.get("weight").toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(tensors.get("bias").dtype()).isEqualTo(DType.I64);
    assertThat(tensors.get("bias").data().toArray(ValueLayout.JAVA_LONG))
        .containsExactly(-7, 1L << 60);
  }

  @Test
  void readsTensorsOfTheFirstKind() throws IOException {
    String tensor =
        "ctorch._utils\n_rebuild_tensor\n("
            + storage(FLOAT, "7", 3)
            + integer(1)
            + "ctorch\nSize\n("
            + tuple(2)
            + "tR"
            + tuple(1)
            + "tR";

    var tensors = read(legacy(dict("w", tensor), Map.of("7", new Storage(3, floats(1, 2, 3)))));

    assertThat(tensors.get("w").toFloats()).containsExactly(2, 3);
  }

  @Test
  void readsParameters() throws IOException {
    String parameter =
        "ctorch._utils\n_rebuild_parameter\n("
            + vector(FLOAT, "0", 2)
            + "\u0088"
            + ORDERED_DICT
            + "tR";

    assertThat(readZip(dict("w", parameter), floats(1, 2)).get("w").toFloats())
        .containsExactly(1, 2);
  }

  @Test
  void readsOrderedDictsOfPairs() throws IOException {
    String pairs = "](](" + string("w") + vector(FLOAT, "0", 1) + "ee";

    assertThat(readZip("ccollections\nOrderedDict\n" + pairs + "\u0085R", floats(4)).tensors())
        .containsOnlyKeys("w");
  }

  @Test
  void readsPicklesOfProtocolFour() throws IOException {
    String global = "\u008c\13collections\u0094\u008c\13OrderedDict\u0094\u0093\u0094";
    String object =
        "\u0080\4\u0095"
            + number(8, 99)
            + global
            + ")R\u0094\u008c\1w"
            + vector(FLOAT, "0", 1)
            + "s";

    assertThat(readZip(object, floats(4)).get("w").toFloats()).containsExactly(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"state_dict", "model", "model_ema"})
  void looksInsideWrappers(String wrapper) throws IOException {
    String inner = dict("module.w", vector(FLOAT, "0", 1));

    assertThat(readZip(dict("epoch", "N", wrapper, inner), floats(4)).tensors())
        .containsOnlyKeys("w");
  }

  @Test
  void takesANameOfAWrapperForATensorWhereItIsOne() throws IOException {
    assertThat(readZip(dict("model", vector(FLOAT, "0", 1)), floats(4)).tensors())
        .containsOnlyKeys("model");
  }

  @Test
  void ignoresWhatIsNoTensor() throws IOException {
    String object =
        dict(
            "a",
            "N",
            "b",
            "\u0088",
            "c",
            "G" + "?\360\0\0\0\0\0\0",
            "d",
            "](" + integer(1) + "e",
            "w",
            vector(FLOAT, "0", 1),
            "device",
            "ctorch\ndevice\n(" + string("cpu") + "tR",
            "steps",
            "}" + integer(5) + integer(6) + "s");

    assertThat(readZip(object, floats(4)).tensors()).containsOnlyKeys("w");
  }

  @ParameterizedTest
  @CsvSource({
    "HalfStorage, 2, 0x3E00, F32, 1.5",
    "HalfStorage, 2, 0xAE66, F32, -0.0999755859375",
    "BFloat16Storage, 2, 0xBDCD, F32, -0.10009765625",
    "DoubleStorage, 8, 0x3FF0000000000001, F64, 1.0000000000000002",
    "IntStorage, 4, 0xFFFFFFFE, I32, -2",
    "ShortStorage, 2, 0xFFFE, I32, -2",
    "CharStorage, 1, 0xFE, S8, -2",
    "ByteStorage, 1, 0xFE, U8, 254",
    "BoolStorage, 1, 0x01, U8, 1",
  })
  void readsEveryElementType(String storage, int bytes, String bits, DType dtype, double value)
      throws IOException {
    String data = number(bytes, Long.parseUnsignedLong(bits.substring(2), 16));

    Tensor tensor = readZip(dict("w", vector(storage, "0", 1)), data).get("w");

    assertThat(tensor.dtype()).isEqualTo(dtype);
    assertThat(tensor.get(0)).isEqualTo(value);
  }

  @Test
  void gathersStridedViewsOfOneStorage() throws IOException {
    String shared = storage(FLOAT, "0", 6);
    String object =
        dict(
            "every second", tensor(shared, 1, tuple(3), tuple(2)),
            "repeated", tensor(shared, 2, tuple(2, 2), tuple(0, 1)),
            "scalar", tensor(shared, 5, ")", ")"),
            "whole", tensor(shared, 0, tuple(2, 1, 3), tuple(3, 99, 1)));

    var tensors = readZip(object, floats(0, 1, 2, 3, 4, 5));

    assertThat(tensors.get("every second").toFloats()).containsExactly(1, 3, 5);
    assertThat(tensors.get("repeated").toFloats()).containsExactly(2, 3, 2, 3);
    assertThat(tensors.get("scalar").shape()).isEqualTo(Shape.SCALAR);
    assertThat(tensors.get("scalar").toFloats()).containsExactly(5);
    assertThat(tensors.get("whole").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void givesTensorsOfOneStorageMemoryOfTheirOwn() throws IOException {
    String shared = vector(FLOAT, "0", 1);
    var tensors = readZip(dict("a", shared, "b", shared), floats(1));

    tensors.get("a").set(0, 5);

    assertThat(tensors.get("b").get(0)).isEqualTo(1);
  }

  @Test
  void readsCompressedEntries() throws IOException {
    byte[] file =
        zip(
            dict("w", vector(FLOAT, "0", 1000)),
            "little",
            ZipEntry.DEFLATED,
            Map.of("0", floats(new float[1000])));

    assertThat(read(file).get("w").toFloats()).containsOnly(0).hasSize(1000);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void readsWhatItWrites(DType dtype) throws IOException {
    Tensor tensor = Tensor.of(Shape.of(2, 1, 3), 1.5f, -2, 3, 0, 100, 7).to(dtype);
    Path file = folder.resolve("w.pth");

    PyTorchCheckpoint.write(file, new Weights(Map.of("layer.w", tensor)));

    Tensor read = PyTorchCheckpoint.read(file).weights().get("layer.w");
    boolean widened = dtype == DType.F16 || dtype == DType.BF16;
    Tensors.assertSame(read, widened ? tensor.to(DType.F32) : tensor);
  }

  @Test
  void writesStoredEntriesAtMultiplesOf64Bytes() throws IOException {
    Path file = folder.resolve("w.pth");
    Tensor bias = Tensor.of(Shape.of(1), 12345.678f);

    PyTorchCheckpoint.write(file, new Weights(Map.of("bias", bias)));

    try (ZipFile zip = new ZipFile(file.toFile())) {
      assertThat(zip.stream().map(ZipEntry::getName))
          .containsExactly(
              "archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/version");
      assertThat(zip.stream().map(ZipEntry::getMethod)).containsOnly(ZipEntry.STORED);
    }
    String content = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(content.indexOf(floats(12345.678f)) % 64).isZero();
  }

  @Test
  void writesEqualBytesForEqualTensors() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", Tensor.of(Shape.of(2), 1f, 2f));
    tensors.put("a", Tensor.of(Shape.of(1), 3));

    PyTorchCheckpoint.write(folder.resolve("1.pth"), new Weights(tensors));
    PyTorchCheckpoint.write(folder.resolve("2.pth"), new Weights(tensors));

    assertThat(folder.resolve("1.pth")).hasSameBinaryContentAs(folder.resolve("2.pth"));
    assertThat(PyTorchCheckpoint.read(folder.resolve("1.pth")).weights().tensors().keySet())
        .containsExactly("b", "a");
  }

  private Weights readZip(String object, String data) throws IOException {
    return read(zip(object, Map.of("0", data)));
  }

  private Weights read(byte[] content) throws IOException {
    return PyTorchCheckpoint.read(Files.write(folder.resolve("net.pth"), content)).weights();
  }
}
