package dev.residual.backend.cudnn;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch norm in training, and the operations around it that it can be fused with.
 *
 * @param norm the batch norm
 * @param producer the convolution that computes its input, if nothing is fused with that yet
 * @param consumer the convolution that alone reads its result, if there is one
 * @param weights the gradient of the consumer's weights
 * @param data the gradient of the convolution that reads the result, computed last of what reaches
 *     the norm
 * @param skip the gradient that is added to it
 * @param isPostponed whether the data gradient has to wait for that one
 * @param backward the gradients of the batch norm
 * @param shortcut the batch norm whose result is added and stored nowhere; null if it is stored
 */
record NormRegion(
    BatchNorm norm,
    @Nullable Conv2d producer,
    @Nullable Conv2d consumer,
    @Nullable Conv2dBackwardWeights weights,
    @Nullable Conv2dBackwardData data,
    @Nullable Value skip,
    boolean isPostponed,
    @Nullable BatchNormBackward backward,
    @Nullable NormRegion shortcut) {

  /** The same with the batch norm that is added. */
  NormRegion withShortcut(NormRegion other) {
    return new NormRegion(
        norm, producer, consumer, weights, data, skip, isPostponed, backward, other);
  }

  /** What lies around a batch norm, the best view first. */
  static List<NormRegion> of(GraphIndex index, BatchNorm norm) {
    BatchNormBackward backward = backward(index, norm);
    List<GradientSum> sums = backward == null ? List.of() : GradientSum.of(index, backward);
    if (sums.isEmpty()) {
      return List.of(of(index, norm, backward, null));
    }
    List<NormRegion> views = new ArrayList<>();
    for (GradientSum sum : sums) {
      views.add(of(index, norm, backward, sum));
    }
    return views;
  }

  private static @Nullable BatchNormBackward backward(GraphIndex index, BatchNorm norm) {
    for (Op reader : index.readers(norm.mean())) {
      if (reader instanceof BatchNormBackward gradient
          && !gradient.frozen()
          && gradient.src().equals(norm.src())) {
        return gradient;
      }
    }
    return null;
  }

  /** The norm on the shortcut into a sum, whose result and gradient nothing else needs. */
  @Nullable NormRegion addedTo(GraphIndex index) {
    Value add = norm.add();
    Value diffAdd = backward == null ? null : backward.diffAdd();
    if (add == null
        || diffAdd == null
        || index.readers(add).size() != 1
        || index.graph().outputs().contains(add)
        || !(index.producer(add) instanceof BatchNorm other)
        || other.relu()
        || other.add() != null) {
      return null;
    }
    BatchNormBackward gradient = backward(index, other);
    return gradient != null
            && gradient.diffDst().equals(diffAdd)
            && gradient.diffDstAdd() == null
            && gradient.diffAdd() == null
        ? of(index, other, gradient, null)
        : null;
  }

  private static NormRegion of(
      GraphIndex index,
      BatchNorm norm,
      @Nullable BatchNormBackward backward,
      @Nullable GradientSum sum) {
    Conv2d producer =
        index.producer(norm.src()) instanceof Conv2d conv && isPlain(conv) ? conv : null;
    Conv2dBackwardData data = sum == null ? null : sum.last();
    Conv2d consumer = consumer(index, norm, data);
    return new NormRegion(
        norm,
        producer,
        consumer,
        consumer == null ? null : weights(index, norm),
        data,
        sum == null ? null : sum.other(),
        sum != null && sum.isPostponed(),
        backward,
        null);
  }

  private static boolean isPlain(Conv2d conv) {
    return conv.bias() == null && conv.add() == null && !conv.relu();
  }

  /** The one convolution that reads the result, beside the gradient of its weights. */
  private static @Nullable Conv2d consumer(
      GraphIndex index, BatchNorm norm, @Nullable Conv2dBackwardData data) {
    Graph graph = index.graph();
    List<Op> readers = index.readers(norm.dst());
    if (data == null
        || norm.add() != null
        || !norm.relu()
        || graph.outputs().contains(norm.dst())
        || readers.size() != 2
        || weights(index, norm) == null) {
      return null;
    }
    for (Op reader : readers) {
      if (reader instanceof Conv2d conv
          && isPlain(conv)
          && conv.groups() == 1
          && conv.src().equals(norm.dst())
          && conv.weights().equals(data.weights())) {
        return conv;
      }
    }
    return null;
  }

  private static @Nullable Conv2dBackwardWeights weights(GraphIndex index, BatchNorm norm) {
    for (Op reader : index.readers(norm.dst())) {
      if (reader instanceof Conv2dBackwardWeights gradient
          && gradient.diffBias() == null
          && gradient.src().equals(norm.dst())) {
        return gradient;
      }
    }
    return null;
  }
}
