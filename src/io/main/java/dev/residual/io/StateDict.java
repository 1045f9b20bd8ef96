package dev.residual.io;

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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The named tensors of a PyTorch checkpoint while it is read: first the views, then storage by
 * storage the elements, so that no storage is kept longer than it is needed.
 */
final class StateDict {
  private static final List<String> WRAPPERS = List.of("state_dict", "model", "model_ema");
  private static final int DEEPEST = 8;
  private static final String DATA_PARALLEL = "module.";

  private final SequencedMap<String, TensorView> views;
  private final Map<String, List<String>> namesByStorage = new LinkedHashMap<>();
  private final SequencedMap<String, @Nullable Tensor> tensors = new LinkedHashMap<>();

  private StateDict(SequencedMap<String, TensorView> views) {
    this.views = views;
    views.forEach(
        (name, view) -> {
          namesByStorage.computeIfAbsent(view.storage().key(), k -> new ArrayList<>()).add(name);
          tensors.put(name, null);
        });
  }

  /**
   * The tensors in the root object of a checkpoint: of the dictionary itself, or of the one under
   * {@code state_dict}, {@code model} or {@code model_ema}. Names lose the prefix {@code module.}.
   *
   * @param fileBytes the size of the file, which limits the memory that tensors may take
   * @throws IOException if there are none, or one is outside its storage
   */
  static StateDict of(@Nullable Object root, long fileBytes) throws IOException {
    Map<?, ? extends @Nullable Object> dict = unwrap(root);
    SequencedMap<String, TensorView> views = new LinkedHashMap<>();
    for (var item : dict.entrySet()) {
      if (item.getKey() instanceof String key && item.getValue() instanceof TensorView view) {
        String name = key.startsWith(DATA_PARALLEL) ? key.substring(DATA_PARALLEL.length()) : key;
        view.check(name);
        if (views.put(name, view) != null) {
          throw new IOException("has two tensors called " + FileErrors.quote(name));
        }
      }
    }
    if (views.isEmpty()) {
      throw new IOException(
          "holds no tensors; its keys are "
              + FileErrors.quote(
                  dict.keySet().stream()
                      .limit(10)
                      .map(String::valueOf)
                      .collect(Collectors.joining(", "))));
    }
    checkMemory(views, fileBytes);
    return new StateDict(views);
  }

  private static Map<?, ? extends @Nullable Object> unwrap(@Nullable Object root)
      throws IOException {
    Object object = root;
    for (int depth = 0; depth < DEEPEST && object instanceof Map<?, ?> dict; depth++) {
      Object inner =
          WRAPPERS.stream().map(dict::get).filter(Map.class::isInstance).findFirst().orElse(null);
      if (inner == null) {
        return dict;
      }
      object = inner;
    }
    throw new IOException("holds no dictionary of tensors");
  }

  /** A small file can describe immense tensors, by strides of zero or by compression. */
  private static void checkMemory(SequencedMap<String, TensorView> views, long fileBytes)
      throws IOException {
    double limit = 16.0 * fileBytes + (64 << 20);
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

  /** The tensors, in the order of the checkpoint. */
  SequencedMap<String, Tensor> tensors() {
    SequencedMap<String, Tensor> complete = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> complete.put(name, Objects.requireNonNull(tensor)));
    return complete;
  }
}
