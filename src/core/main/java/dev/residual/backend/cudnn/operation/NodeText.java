package dev.residual.backend.cudnn.operation;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The text and the lists of tensors of nodes, some of whose tensors may be absent. */
final class NodeText {
  private NodeText() {}

  /** The tensors that are there. */
  static List<GraphTensor> present(@Nullable GraphTensor... tensors) {
    return Stream.of(tensors).<GraphTensor>mapMulti(NodeText::ifPresent).toList();
  }

  private static void ifPresent(
      @Nullable GraphTensor tensor, java.util.function.Consumer<GraphTensor> to) {
    if (tensor != null) {
      to.accept(tensor);
    }
  }

  /** {@code outputs = name(arguments)}, an absent tensor written as {@code -}. */
  static String of(
      Function<? super GraphTensor, String> tensors,
      List<@Nullable GraphTensor> outputs,
      String name,
      @Nullable Object... arguments) {
    return join(tensors, outputs)
        + " = "
        + name
        + "("
        + join(tensors, Arrays.asList(arguments))
        + ")";
  }

  /** A list that may hold absent tensors. */
  static List<@Nullable GraphTensor> list(@Nullable GraphTensor... tensors) {
    return Arrays.asList(tensors);
  }

  private static String join(
      Function<? super GraphTensor, String> tensors, List<? extends @Nullable Object> parts) {
    return parts.stream()
        .map(
            part ->
                part == null
                    ? "-"
                    : part instanceof GraphTensor tensor
                        ? tensors.apply(tensor)
                        : Objects.toString(part))
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(", "));
  }
}
