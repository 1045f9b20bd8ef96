package dev.residual.io.weights;

import dev.residual.io.files.HeapMemory;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The named tensors of a PyTorch checkpoint while it is read: first the views, then storage by
 * storage the elements, so that no storage is kept longer than it is needed.
 */
final class StateDict {
  /** How to make a file that can be read. */
  static final String ADVICE = "torch.save(model.state_dict(), FILE) in Python writes its weights";

  /** What the tensors of even the smallest file may take, in bytes. */
  private static final double LEAST_LIMIT = 16 << 20;

  private static final double COMPRESSION = 16;

  private final SequencedMap<String, TensorView> views;
  private final List<String> notes;
  private final Map<String, List<String>> namesByStorage = new LinkedHashMap<>();
  private final SequencedMap<String, @Nullable Tensor> tensors = new LinkedHashMap<>();

  private StateDict(SequencedMap<String, TensorView> views, List<String> notes) {
    this.views = views;
    this.notes = notes;
    views.forEach(
        (name, view) -> {
          namesByStorage.computeIfAbsent(view.storage().key(), k -> new ArrayList<>()).add(name);
          tensors.put(name, null);
        });
  }

  /**
   * The weights in the root object of a checkpoint, by their names without wrappers.
   *
   * @param instructions the length of the pickle
   * @param fileBytes the size of the file, which limits the memory that tensors may take
   * @throws IOException if there are none, or one is outside its storage
   * @see TensorSearch
   * @see WrapperNames
   */
  static StateDict of(@Nullable Object root, int instructions, long fileBytes) throws IOException {
    Steps steps = new Steps(instructions);
    FoundTensors found = TensorSearch.in(root, steps);
    if (found == null) {
      throw noTensors(root, steps);
    }
    LeftAside others = found.others(steps);
    SequencedMap<String, PickledTensor> named = WrapperNames.strip(found.tensors());
    if (named.size() < found.tensors().size()) {
      others.add(WrapperNames.COUNTER, "");
    }
    SequencedMap<String, TensorView> views = new LinkedHashMap<>();
    for (Map.Entry<String, PickledTensor> tensor : named.entrySet()) {
      String name = tensor.getKey();
      String unsupported = tensor.getValue().unsupported();
      if (unsupported == null) {
        TensorView view = tensor.getValue().view(name);
        view.check(name);
        views.put(name, view);
      } else {
        others.add(name, unsupported);
      }
    }
    if (views.isEmpty()) {
      throw new IOException("holds no tensors of a supported type: " + others);
    }
    checkMemory(views, fileBytes);
    return new StateDict(views, others.notes(views.size(), found.where()));
  }

  private static IOException noTensors(@Nullable Object root, Steps steps) throws IOException {
    if (ModuleTensors.isScript(root)) {
      return new IOException("holds TorchScript without parameters, perhaps frozen; " + ADVICE);
    }
    if (!(root instanceof PickleRecord)) {
      return new IOException("holds no dictionary of tensors; " + ADVICE);
    }
    LeftAside items = new LeftAside();
    Items.named(root, steps).forEach((key, value) -> items.add(key, LeftAside.type(value)));
    String type = LeftAside.type(root);
    return new IOException(
        "holds no tensors of a network"
            + (type.isEmpty() ? "" : ", but a " + type)
            + (items.isEmpty() ? "" : "; its keys are " + items));
  }

  /** A small file can describe immense tensors, by strides of zero or by compression. */
  private static void checkMemory(SequencedMap<String, TensorView> views, long fileBytes)
      throws IOException {
    double limit = COMPRESSION * fileBytes + LEAST_LIMIT;
    double bytes =
        views.values().stream()
            .map(TensorView::storage)
            .distinct()
            .mapToDouble(StorageRef::bytes)
            .sum();
    for (var view : views.entrySet()) {
      bytes += 8.0 * view.getValue().check(view.getKey()).elements();
    }
    if (bytes > limit) {
      throw new IOException(
          "describes tensors of %.0f bytes, too many for a file of %d".formatted(bytes, fileBytes));
    }
  }

  /** The storages whose elements are needed, in the order of the tensors. */
  List<StorageRef> storages() {
    return views.values().stream().map(TensorView::storage).distinct().toList();
  }

  /** Makes the tensors over one storage, whose elements come from a stream. */
  void read(StorageRef storage, InputStream in) throws IOException {
    MemorySegment memory = HeapMemory.allocate(storage.elements(), storage.type().bytes());
    HeapMemory.fill(memory, in);
    List<String> names = namesByStorage.getOrDefault(storage.key(), List.of());
    for (String name : names) {
      TensorView view = Objects.requireNonNull(views.get(name));
      boolean alone = names.size() == 1 && view.isWholeStorage();
      tensors.put(
          name,
          alone ? storage.type().tensor(view.check(name), memory) : view.gather(name, memory));
    }
  }

  /** The tensors, in the order of the checkpoint, and what was left aside. */
  WeightFile file() {
    SequencedMap<String, Tensor> complete = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> complete.put(name, Objects.requireNonNull(tensor)));
    return new WeightFile(new Weights(complete), Map.of(), notes);
  }
}
