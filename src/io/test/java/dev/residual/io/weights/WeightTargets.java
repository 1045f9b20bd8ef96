package dev.residual.io.weights;

import static dev.residual.io.weights.Pickles.FLOAT;
import static dev.residual.io.weights.Pickles.dict;
import static dev.residual.io.weights.Pickles.floats;
import static dev.residual.io.weights.Pickles.integer;
import static dev.residual.io.weights.Pickles.string;
import static dev.residual.io.weights.Pickles.vector;

import dev.residual.io.attack.AttackTarget;
import dev.residual.io.weights.Pickles.Storage;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The readers of weights, with small files of each form. */
public final class WeightTargets {
  private WeightTargets() {}

  public static List<AttackTarget> all() throws IOException {
    List<Storage> storages = Pickles.twoStorages();
    Map<String, Storage> legacy = new LinkedHashMap<>();
    legacy.put("0", storages.get(0));
    legacy.put("1", storages.get(1));
    Map<String, String> zip = new LinkedHashMap<>();
    legacy.forEach((key, storage) -> zip.put(key, storage.data()));
    Map<String, String> one = Map.of("0", floats(1, 2));
    Weights weights = weights();
    return List.of(
        target("legacy", Pickles.legacy(Pickles.twoTensors(), legacy)),
        target("zip", Pickles.zip(Pickles.twoTensors(), zip)),
        target("stored", written(file -> PyTorchCheckpoint.write(file, weights))),
        target(
            "safetensors",
            written(file -> Safetensors.write(file, weights, Map.of("format", "pt")))),
        inZip("state-dictionary", Pickles.twoTensors(), zip),
        inZip("beside-weights", besideWeights(), one),
        inZip("network", network(), one),
        inZip("torchscript", script(), one));
  }

  /** Two small tensors. */
  public static Weights weights() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weight", Tensor.of(Shape.of(3, 2), 1f, 2, 3, 4, 5, 6));
    tensors.put("bias", Tensor.of(Shape.of(2), 1f, 2).to(DType.F16));
    return new Weights(tensors);
  }

  private static AttackTarget target(String name, byte[] seed) {
    return AttackTarget.of(name, "weights.bin", WeightFile::read, List.of(seed));
  }

  /** A target whose pickle is damaged, and not the zip around it. */
  private static AttackTarget inZip(String name, String pickle, Map<String, String> storages) {
    return target(name, Pickles.bytes(pickle))
        .wrapped(bytes -> Pickles.zip(new String(bytes, StandardCharsets.ISO_8859_1), storages));
  }

  /** What is written to a file. */
  public static byte[] written(AttackTarget.Reader writer) throws IOException {
    Path file = Files.createTempFile("valid", ".safetensors");
    try {
      writer.read(file);
      return Files.readAllBytes(file);
    } finally {
      Files.delete(file);
    }
  }

  private static String besideWeights() {
    String module = "\u008c\10argparse\u0094";
    return "\u0080\4\u0095"
        + "\u00ff\0\0\0\0\0\0\0"
        + dict(
            "args",
                module
                    + "\u008c\11Namespace\u0094\u0093)\u0081}"
                    + string("lr")
                    + integer(1)
                    + "sb",
            "set", "\u008f(K\1K\2\u0090\u0094",
            "frozen", "(K\1K\2\u0091",
            "long", "\u008b\3\0\0\0abcB\3\0\0\0abc0\u0096\3\0\0\0\0\0\0\0abc0",
            "list", "](K\1N\u0088e0(K\1t2\u0086",
            "counter", "ccollections\nCounter\n}K\1K\2s\u0085R",
            "pairs", "ccollections\nOrderedDict\n](](" + string("k") + "Nee\u0085R",
            "optimizer", dict("state", "}K\0" + dict("step", "K\1") + "s", "param_groups", "]"),
            "state_dict", dict("module.w", vector(FLOAT, "0", 2), "module.b", "h\0"));
  }

  private static String network() {
    String leaf =
        "cnets\nLeaf\n)\u0081"
            + dict(
                "_parameters", dict("w", vector(FLOAT, "0", 2)), "_buffers", "}", "_modules", "}")
            + "bq\1";
    return "cnets\nNet\n)\u0081"
        + dict("_parameters", "}", "_modules", dict("a", leaf, "b", "h\1"), "c", "h\1")
        + "b";
  }

  private static String script() {
    String leaf =
        "c__torch__.torch.nn\nLinear\n)\u0081" + dict("w", vector(FLOAT, "0", 2)) + "bq\1";
    return "c__torch__\nNet\n)\u0081" + dict("training", "\u0088", "a", leaf, "b", "h\1") + "b";
  }
}
