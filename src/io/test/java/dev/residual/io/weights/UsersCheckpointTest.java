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
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.residual.io.weights.Pickles.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints as the scripts of users and of frameworks write them. */
class UsersCheckpointTest {
  private static final String VECTOR = vector(FLOAT, "0", 2);
  private static final String SCALAR = tensor(storage(FLOAT, "0", 2), 1, ")", ")");
  private static final String WEIGHTS = dict("w", VECTOR, "b", VECTOR);
  private static final String ADAM =
      dict(
          "state",
          "}" + integer(0) + dict("step", SCALAR, "a", VECTOR, "b", VECTOR, "c", VECTOR) + "s",
          "param_groups",
          "](" + dict("lr", integer(1)) + "e");

  @TempDir Path folder;

  private static String global(String module, String name) {
    return "c" + module + "\n" + name + "\n";
  }

  /** An object of a class without arguments, with these attributes. */
  private static String object(String module, String name, String state) {
    return global(module, name) + ")\u0081" + state + "b";
  }

  private static String module(String type, String parameters, String buffers, String modules) {
    return object(
        "nets",
        type,
        dict(
            "training", "\u0088",
            "_parameters", parameters,
            "_buffers", buffers,
            "_non_persistent_buffers_set",
                global("builtins", "set") + "](" + string("hidden") + "e\u0085R",
            "_modules", modules));
  }

  /** What may lie beside weights, and how a note calls it. */
  static Stream<Arguments> others() {
    String numbers = global("numpy", "dtype") + "(" + string("f8") + "\u0089\u0088tR";
    return Stream.of(
        argumentSet(
            "namespace",
            object("argparse", "Namespace", dict("lr", integer(1))),
            " (argparse.Namespace)"),
        argumentSet(
            "numpy scalar",
            global("numpy.core.multiarray", "scalar") + numbers + "C\10" + number(8, 5) + "\u0086R",
            " (numpy.core.multiarray.scalar)"),
        argumentSet(
            "numpy array",
            global("numpy.core.multiarray", "_reconstruct")
                + global("numpy", "ndarray")
                + "K\0\u0085C\1b\u0087R(K\1K\2\u0085"
                + numbers
                + "\u0089B"
                + number(4, 16)
                + number(8, 1, 2)
                + "tb",
            " (numpy.core.multiarray._reconstruct)"),
        argumentSet(
            "defaultdict",
            global("collections", "defaultdict")
                + global("builtins", "list")
                + "\u0085R"
                + string("k")
                + "]s",
            " (collections.defaultdict)"),
        argumentSet(
            "counter",
            global("collections", "Counter") + "}" + integer(30) + integer(1) + "s\u0085R",
            " (collections.Counter)"),
        argumentSet(
            "path",
            global("pathlib", "PosixPath") + "(" + string("/") + string("a") + "tR",
            " (pathlib.PosixPath)"),
        argumentSet(
            "set of protocol 2",
            global("__builtin__", "set") + "](" + integer(1) + "e\u0085R",
            " (__builtin__.set)"),
        argumentSet("set of protocol 4", "\u008f(" + integer(1) + integer(2) + "\u0090", ""),
        argumentSet("frozen set", "(" + integer(1) + integer(2) + "\u0091", ""),
        argumentSet(
            "date",
            global("datetime", "datetime") + "C\12" + "0123456789\u0085R",
            " (datetime.datetime)"),
        argumentSet(
            "partial",
            global("functools", "partial")
                + global("builtins", "max")
                + "\u0085R("
                + global("builtins", "max")
                + "K\3\u0085}Ntb",
            " (functools.partial)"),
        argumentSet(
            "attributes",
            global("lightning_fabric.utilities.data", "AttributeDict")
                + ")\u0081("
                + string("lr")
                + integer(1)
                + "u",
            " (lightning_fabric.utilities.data.AttributeDict)"),
        argumentSet("keywords", global("a", "B") + ")}\u0092", " (a.B)"),
        argumentSet("instance", "(" + integer(1) + "ia\nB\n", " (a.B)"),
        argumentSet("list of a class", global("a", "L") + ")R(" + integer(1) + "e", " (a.L)"),
        argumentSet("byte array", "\u0096" + number(8, 3) + "abc", ""),
        argumentSet("long bytes", "\u008e" + number(8, 70_000) + "x".repeat(70_000), ""),
        argumentSet("long text", string("x".repeat(70_000)), ""),
        argumentSet("long text of protocol 4", "\u008d" + number(8, 3) + "abc", ""),
        argumentSet("long integer", "\u008b" + number(4, 300) + "\1".repeat(300), ""),
        argumentSet("copied and dropped", "N20(NN1", ""),
        argumentSet("type of elements", global("torch", "float32"), ""),
        argumentSet(
            "sparse tensor",
            global("torch._utils", "_rebuild_sparse_tensor") + "N\u0085R",
            " (torch._utils._rebuild_sparse_tensor)"),
        argumentSet(
            "tensor of the third kind",
            global("torch._utils", "_rebuild_tensor_v3")
                + "("
                + storage(FLOAT, "0", 2)
                + "K\0"
                + tuple(2)
                + tuple(1)
                + "\u0089"
                + ORDERED_DICT
                + global("torch", "uint16")
                + "tR",
            " (torch._utils._rebuild_tensor_v3)"),
        argumentSet("code", global("os", "system") + string("true") + "\u0085R", " (os.system)"));
  }

  @ParameterizedTest
  @MethodSource("others")
  void leaveOthersAside(String other, String type) throws IOException {
    WeightFile beside = read(dict("other", other, "state_dict", WEIGHTS));
    WeightFile within = read(dict("w", VECTOR, "b", VECTOR, "other", other));

    assertThat(beside.weights().tensors()).containsOnlyKeys("w", "b");
    assertThat(beside.notes())
        .containsExactly("took 2 tensors of 'state_dict'; left aside 'other'" + type);
    assertThat(within.weights().tensors()).containsOnlyKeys("w", "b");
    assertThat(within.notes()).containsExactly("took 2 tensors; left aside 'other'" + type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"state_dict", "model", "model_state_dict", "net", "netG", "ema", "any"})
  void takeTheDictionaryWithMostTensors(String key) throws IOException {
    String object =
        dict("epoch", integer(3), "loss", SCALAR, key, WEIGHTS, "optimizer", ADAM, "mean", VECTOR);

    WeightFile read = read(object);

    assertThat(read.weights().tensors()).containsOnlyKeys("w", "b");
    assertThat(read.notes())
        .containsExactly(
            "took 2 tensors of '%s'; left aside 'epoch', 'loss', 'optimizer', 'mean'"
                .formatted(key));
  }

  @Test
  void takeWeightsFromDeepWithin() throws IOException {
    String list = "](" + dict("inner", WEIGHTS, "x", "N") + "e";

    WeightFile read = read(dict("outer", list, "y", "N"));

    assertThat(read.notes())
        .containsExactly("took 2 tensors of 'outer.0.inner'; left aside 'y', 'x'");
  }

  @Test
  void takeWeightsBeforeTheirAverages() throws IOException {
    String average = dict("n_averaged", SCALAR, "w", VECTOR, "b", VECTOR);
    for (String name : new String[] {"ema", "model_ema", "state_dict_ema", "swa_model", "avg"}) {
      assertThat(read(dict(name, average, "m", WEIGHTS)).notes())
          .containsExactly("took 2 tensors of 'm'; left aside '" + name + "'");
    }
  }

  @Test
  void takeUsualNamesBeforeOthers() throws IOException {
    assertThat(read(dict("a", WEIGHTS, "state_dict", WEIGHTS.replace("w", "v"))).notes())
        .containsExactly("took 2 tensors of 'state_dict'; left aside 'a'");
    assertThat(read(dict("netD", WEIGHTS, "netG", WEIGHTS.replace("w", "v"))).notes())
        .containsExactly("took 2 tensors of 'netD'; left aside 'netG'");
  }

  @Test
  void saySomeOfMuchThatIsLeftAside() throws IOException {
    String[] items = new String[42];
    for (int i = 0; i < 40; i += 2) {
      items[i] = "k" + i / 2;
      items[i + 1] = "N";
    }
    items[40] = "net";
    items[41] = WEIGHTS;

    assertThat(read(dict(items)).notes())
        .containsExactly(
            "took 2 tensors of 'net'; left aside 'k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'"
                + " and 12 more");
  }

  @Test
  void quoteWhatAFileSays() throws IOException {
    String colour = "\u001b[31m\u00c2\u009b\n";

    WeightFile read =
        read(dict("net" + colour, WEIGHTS, "k" + colour, global("a\u001b[0m", "b") + ")R"));

    assertThat(read.notes())
        .containsExactly("took 2 tensors of 'net [31m '; left aside 'k [31m ' (a [0m.b)");
  }

  @Test
  void takeTheParametersAndBuffersOfNetworks() throws IOException {
    String parameter =
        global("torch._utils", "_rebuild_parameter")
            + "("
            + VECTOR
            + "\u0088"
            + ORDERED_DICT
            + "tR";
    String withState =
        global("torch._utils", "_rebuild_parameter_with_state")
            + "("
            + VECTOR
            + "\u0088"
            + ORDERED_DICT
            + dict("tag", "N")
            + "tR";
    String ofType =
        global("torch._tensor", "_rebuild_from_type_v2")
            + "("
            + global("torch._utils", "_rebuild_tensor_v2")
            + global("torch.nn.parameter", "Buffer")
            + VECTOR.substring(VECTOR.indexOf('('), VECTOR.length() - 1)
            + "}tR";
    String leaf =
        module(
            "Leaf",
            dict("weight", withState, "bias", "N"),
            dict("mean", ofType, "hidden", VECTOR),
            "}");
    String net = module("Net", dict("w", parameter), "}", dict("b", leaf, "none", "N", "a", leaf));

    WeightFile read = read(net);
    WeightFile within = read(dict("epoch", integer(1), "model", net));

    assertThat(read.weights().tensors().keySet())
        .containsExactly("w", "b.weight", "b.mean", "a.weight", "a.mean");
    assertThat(read.weights().get("a.mean").toFloats()).containsExactly(1, 2);
    assertThat(read.notes()).isEmpty();
    assertThat(within.weights().tensors().keySet()).isEqualTo(read.weights().tensors().keySet());
    assertThat(within.notes()).containsExactly("took 5 tensors of 'model'; left aside 'epoch'");
  }

  @Test
  void takeTheNetworkInsideOfWrappers() throws IOException {
    String net = module("Net", dict("w", VECTOR), "}", "}");
    String compiled = module("OptimizedModule", "}", "}", dict("_orig_mod", net));

    assertThat(read(module("DataParallel", "}", "}", dict("module", compiled))).weights().tensors())
        .containsOnlyKeys("w");
  }

  /** The classes of networks were once written with their source. */
  @Test
  void takeNetworksWithTheirSource() throws IOException {
    String net = module("Net", dict("w", VECTOR), "}", "}");
    String type = global("nets", "Net");
    String identified = "(" + string("module") + type + string("nets.py") + string("source") + "tQ";

    assertThat(read(net.replace(type, identified)).weights().tensors()).containsOnlyKeys("w");
  }

  @Test
  void takeTheParametersOfTorchScript() throws IOException {
    String leaf =
        object(
            "__torch__.torch.nn.modules.linear",
            "Linear",
            dict("weight", VECTOR, "training", "\u0088"));
    String net =
        object(
            "__torch__", "Net", dict("w", VECTOR, "fc", leaf, "version", integer(1), "names", "]"));

    assertThat(read(net).weights().tensors().keySet()).containsExactly("w", "fc.weight");
    assertThatIOException()
        .isThrownBy(() -> read(object("__torch__", "Net", dict("training", "\u0088"))))
        .withMessageContaining("TorchScript without parameters")
        .withMessageEndingWith("torch.save(model.state_dict(), FILE) in Python writes its weights");
  }

  private WeightFile read(String object) throws IOException {
    String data = floats(1, 2);
    Path zip = Files.write(folder.resolve("net.ckpt"), zip(object, Map.of("0", data)));
    Path legacy =
        Files.write(folder.resolve("net.bin"), legacy(object, Map.of("0", new Storage(2, data))));
    WeightFile read = WeightFile.read(zip);
    WeightFile before = WeightFile.read(legacy);
    assertThat(before.notes()).isEqualTo(read.notes());
    assertThat(before.weights().tensors().keySet())
        .containsExactlyElementsOf(read.weights().tensors().keySet());
    return read;
  }
}
