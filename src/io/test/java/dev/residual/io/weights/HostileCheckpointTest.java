package dev.residual.io.weights;

import static dev.residual.io.weights.Pickles.FLOAT;
import static dev.residual.io.weights.Pickles.ORDERED_DICT;
import static dev.residual.io.weights.Pickles.START;
import static dev.residual.io.weights.Pickles.STOP;
import static dev.residual.io.weights.Pickles.bytes;
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
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.io.weights.Pickles.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class HostileCheckpointTest {
  private static final Map<String, String> ONE = Map.of("0", floats(1));

  @TempDir Path folder;

  static Stream<Arguments> pickles() {
    String system = "cos\nsystem\n(" + string("true") + "tR";
    String cycle = "}q\0" + string("model") + "h\0s";
    String list = "]q\0h\0a";
    String tensors = dict("w", vector(FLOAT, "0", 1));
    return Stream.of(
        argumentSet("global", dict("a", system), "'a' (os.system)"),
        argumentSet("alone", system, "no tensors of a network, but a os.system"),
        argumentSet(
            "stack global", string("posix") + string("system") + "\u0093)R", "a posix.system"),
        argumentSet("global of no text", integer(1) + integer(2) + "\u0093", "is no text"),
        argumentSet("global that holds itself", list + "h\0" + string("x") + "\u0093", "no text"),
        argumentSet("builtin", "c__builtin__\neval\n)R", "a __builtin__.eval"),
        argumentSet("exception", "cbuiltins\nValueError\n)R", "a builtins.ValueError"),
        argumentSet(
            "name of several lines", "ca\u001b[31m\u00c2\u009b\u0007b\nc\n)R", "a a [31m b.c"),
        argumentSet("endless name", "c" + "a".repeat(2000), "endless name"),
        argumentSet("instance instruction", "(ios\nsystem\n", "a os.system"),
        argumentSet("object instruction", "(cos\nsystem\no", "a os.system"),
        argumentSet("object of no class", "(o", "damaged"),
        argumentSet("extension instruction", "\u0082\1", "instruction 0x82"),
        argumentSet("text integer", "I" + "9".repeat(100) + "\n", "instruction 0x49"),
        argumentSet("new object", "cos\nsystem\n)\u0081", "a os.system"),
        argumentSet("unknown instruction", "\u00ff", "instruction 0xff"),
        argumentSet("protocol", "\u0080\11", "unknown protocol 9"),
        argumentSet("call of a number", integer(1) + ")R", "no tensors"),
        argumentSet("call without tuple", "ctorch\nSize\nNR", "no tensors"),
        argumentSet("empty stack", "R", "damaged"),
        argumentSet("stop on an empty stack", "", "damaged"),
        argumentSet("stop on a mark", "N(", "damaged"),
        argumentSet("no mark", "t", "damaged"),
        argumentSet("item of no dictionary", integer(1) + "NNs", "damaged"),
        argumentSet("items of no dictionary", integer(1) + "(NNu", "damaged"),
        argumentSet("item of None", "NNNs", "damaged"),
        argumentSet("items of None", "N(NNu", "damaged"),
        argumentSet("item of no list", integer(1) + "Na", "damaged"),
        argumentSet("element of None", "NNa", "damaged"),
        argumentSet("elements of None", "N(Ne", "damaged"),
        argumentSet("elements of no set", "N(N\u0090", "damaged"),
        argumentSet("memo that is empty", "h\7", "damaged"),
        argumentSet("memo of nothing", "q\7", "damaged"),
        argumentSet("copy of nothing", "2", "damaged"),
        argumentSet("key without value", "}(Nu", "no value"),
        argumentSet("list as key", "}" + list + "Ns", "no tensors"),
        argumentSet("dictionary that is its own key", "}q\0h\0Ns", "no tensors"),
        argumentSet("text of 2 GB", "X\377\377\377\177", "longer than"),
        argumentSet("text of 4 GB", "T\377\377\377\377", "longer than"),
        argumentSet("text of -1 bytes", "\u008d" + number(8, -1), "longer than"),
        argumentSet("integer of 4 GB", "\u008b\377\377\377\377", "longer than"),
        argumentSet("text beyond the end", "X\1\0\1\0a", "truncated"),
        argumentSet("dictionary inside itself", cycle, "no tensors"),
        argumentSet("no dictionary", integer(1), "no dictionary of tensors"),
        argumentSet("no tensors", dict("epoch", integer(1)), "its keys are 'epoch'"),
        argumentSet("optimiser", dict("state", tensors, "param_groups", "]"), "no tensors"),
        argumentSet("pairs that are none", "ccollections\nOrderedDict\n](Ne\u0085R", "no tensors"),
        argumentSet("dictionary of a number", "ccollections\nOrderedDict\nN\u0085R", "no tensors"));
  }

  static Stream<Arguments> tensors() {
    String one = storage(FLOAT, "0", 1);
    String none = "ctorch._utils\n_rebuild_tensor_v2\n(N" + integer(0) + "))tR";
    String view = "((" + string("x") + "t" + one.substring(1);
    return Stream.of(
        argumentSet("too long", tensor(one, 0, tuple(2), tuple(1)), "not inside its storage"),
        argumentSet("offset", tensor(one, 1, tuple(1), tuple(1)), "not inside its storage"),
        argumentSet("negative offset", tensor(one, -1, tuple(1), tuple(1)), "not inside"),
        argumentSet("negative stride", tensor(one, 0, tuple(2), tuple(-1)), "not inside"),
        argumentSet(
            "stride overflow",
            tensor(one, 0, tuple(3, 2), tuple(Long.MAX_VALUE, 1)),
            "not inside its storage"),
        argumentSet(
            "offset overflow",
            tensor(one, Long.MAX_VALUE, tuple(2), tuple(1)),
            "not inside its storage"),
        argumentSet(
            "size overflow",
            tensor(one, 0, tuple(1 << 30, 1 << 30, 1 << 30), tuple(0, 0, 0)),
            "impossible size"),
        argumentSet("zero extent", tensor(one, 0, tuple(0), tuple(1)), "'w' (no elements)"),
        argumentSet("complex numbers", vector("ComplexFloatStorage", "0", 1), "'w' (ComplexFloat"),
        argumentSet(
            "storage of another module",
            vector(FLOAT, "0", 1).replace("ctorch\nFloat", "cevil\nFloat"),
            "unknown type 'evil.FloatStorage'"),
        argumentSet("negative extent", tensor(one, 0, tuple(-5), tuple(1)), "extent"),
        argumentSet("huge extent", tensor(one, 0, tuple(1L << 40), tuple(1)), "extent"),
        argumentSet("rank", tensor(one, 0, tuple(1, 1), tuple(1)), "rank 2 has 1 strides"),
        argumentSet("endless rank", tensor(one, 0, tuple(ones(65)), tuple(ones(65))), "short"),
        argumentSet("size of no tuple", tensor(one, 0, "N", tuple(1)), "short tuples"),
        argumentSet("extent of no number", tensor(one, 0, "N\u0085", tuple(1)), "integer"),
        argumentSet("no storage", none, "needs a storage"),
        argumentSet(
            "immense by strides of zero", tensor(one, 0, tuple(1 << 30), tuple(0)), "bytes"),
        argumentSet("storage of other size", vector(FLOAT, "0", 2), "has 4 bytes"),
        argumentSet("storage of -1 elements", vector(FLOAT, "0", -1), "number of elements"),
        argumentSet("storage overflow", vector(FLOAT, "0", Long.MAX_VALUE / 2), "elements"),
        argumentSet("missing storage", vector(FLOAT, "../0", 1), "no entry 'net/data/../0'"),
        argumentSet("storage that is a folder", vector(FLOAT, "", 1), "no entry 'net/data/'"),
        argumentSet(
            "two descriptions",
            vector(FLOAT, "0", 1) + string("b") + vector("IntStorage", "0", 1),
            "two ways"),
        argumentSet("other identifier", view, "no storage"),
        argumentSet("identifier of text", string("x") + "Q", "no storage"));
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void refusesPickles(String pickle, String reason) throws IOException {
    refuses(zip(pickle, Map.of()), reason);
    refuses(legacy(pickle, Map.of()), reason);
  }

  @ParameterizedTest
  @MethodSource("tensors")
  void refusesTensors(String tensor, String reason) throws IOException {
    refuses(zip(dict("w", tensor), ONE), reason);
  }

  @Test
  void refusesPlainPickles() throws IOException {
    refuses(
        bytes(START + "cos\nsystem\n(" + string("true") + "tR" + STOP),
        "not a checkpoint of PyTorch");
    refuses(bytes(START + dict("a", "N") + STOP), "not a checkpoint of PyTorch");
    refuses(bytes("cos\nsystem\n(S'true'\ntR."), "not a checkpoint of PyTorch");
  }

  @Test
  void refusesViewsOfStorages() throws IOException {
    String view = storage(FLOAT, "0", 1).replace("tQ", "(NNNttQ");
    refuses(zip(dict("w", tensor(view, 0, tuple(1), tuple(1))), ONE), "before 0.4");
  }

  @Test
  void refusesBigEndianFiles() throws IOException {
    String object = dict("w", vector(FLOAT, "0", 1));
    refuses(zip(object, "big", ZipEntry.STORED, ONE), "byte order 'big'");
    refuses(legacy(object, 1001, false, Map.of()), "byte order big-endian");
  }

  @Test
  void refusesOtherProtocols() throws IOException {
    refuses(legacy("}", 1002, true, Map.of()), "unknown protocol version");
  }

  @Test
  void refusesStoragesThatDoNotFitTheTensors() throws IOException {
    String object = dict("w", vector(FLOAT, "0", 2));
    refuses(legacy(object, Map.of()), "no storage '0'");
    refuses(legacy(object, Map.of("1", new Storage(2, floats(1, 2)))), "no tensor refers to");
    refuses(legacy(object, Map.of("0", new Storage(3, floats(1, 2, 3)))), "3 elements");
    refuses(legacy(object, Map.of("0", new Storage(2, floats(1)))), "truncated");
    refuses(legacy(object, Map.of("0", new Storage(-1, ""))), "-1 elements");
  }

  @Test
  void refusesImmenseStorages() throws IOException {
    String object = dict("w", vector(FLOAT, "0", 1L << 30));
    refuses(legacy(object, Map.of("0", new Storage(1L << 30, ""))), "too many for a file of");
    refuses(zip(object, ONE), "too many for a file of");
    String small = dict("w", vector("ByteStorage", "0", 200 << 20));
    refuses(
        zip(small, "little", ZipEntry.DEFLATED, Map.of("0", "\0".repeat(200 << 20))),
        "too many for a file of");
  }

  @Test
  void refusesImmenseTotals() throws IOException {
    StringBuilder object = new StringBuilder("}");
    for (int i = 0; i < 1000; i++) {
      object.append(string("w" + i)).append(vector("ByteStorage", "0", 1 << 20)).append("s");
    }
    refuses(zip(object.toString(), Map.of("0", "\0".repeat(1 << 20))), "too many for a file of");
  }

  @Test
  void refusesImmensePickles() throws IOException {
    refuses(legacy("N".repeat(5_000_001), Map.of()), "5000000 instructions");
    String strings = (string("a".repeat(1 << 20)) + "q\0").repeat(65);
    refuses(zip(strings, Map.of()), "longer than");
  }

  @Test
  void refusesOtherZips() throws IOException {
    byte[] valid = zip(dict("w", vector(FLOAT, "0", 1)), ONE);
    String text = new String(valid, StandardCharsets.ISO_8859_1);
    refuses(bytes(text.replace("data.pkl", "data.txt")), "no data.pkl");
    refuses(bytes("PK\3\4 and nothing more"), "zip");
  }

  @Test
  void refusesFilesThatEndTooSoon() throws IOException {
    byte[] zip = zip(dict("w", vector(FLOAT, "0", 1)), ONE);
    byte[] legacy =
        legacy(dict("w", vector(FLOAT, "0", 1)), Map.of("0", new Storage(1, floats(1))));
    for (byte[] valid : new byte[][] {zip, legacy}) {
      for (int length = 1; length < valid.length; length += 1 + length / 50) {
        refuses(Arrays.copyOf(valid, length), "");
      }
    }
  }

  @Test
  void readsNothingIntoNestedLists() throws IOException {
    String nested = "](".repeat(100_000) + "e".repeat(100_000);
    refuses(zip(dict("a", nested), Map.of()), "no tensors");
    refuses(zip(dict("a", "(".repeat(1000) + ORDERED_DICT), Map.of()), "");
    refuses(zip("}" + ("](e" + number(0)).repeat(10) + "s", Map.of()), "");
  }

  private static long[] ones(int length) {
    long[] ones = new long[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  private void refuses(byte[] content, String reason) throws IOException {
    Path file = Files.write(folder.resolve("net.pth"), content);

    IOException refusal =
        catchThrowableOfType(IOException.class, () -> PyTorchCheckpoint.read(file).weights());

    assertThat(refusal).as("%d bytes", content.length).isNotNull();
    assertThat(refusal).hasMessageStartingWith(file + ": ").hasMessageContaining(reason);
    assertThat(refusal.getMessage()).hasSizeLessThan(700).doesNotContain("\n", "\u001b");
  }
}
