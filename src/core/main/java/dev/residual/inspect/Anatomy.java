package dev.residual.inspect;

import dev.residual.graph.AvgPool2d;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The values of a network that are worth a look.
 *
 * @param filters the weights of its first convolution, o i kh kw; none if it has no convolution
 * @param blocks what its blocks compute, n c h w: the values between which all ways from one to the
 *     next go through convolutions of their own
 * @param features the last feature map, n c h w: what the classifier reads before it is pooled;
 *     none if the logits are computed from several
 * @param layers the responses of its 3x3 convolutions, n c h w: after the batch normalisation, if
 *     one follows, and before anything else
 */
public record Anatomy(
    Optional<Value> filters, List<Value> blocks, Optional<Value> features, List<Value> layers) {

  /** Copies the lists. */
  public Anatomy {
    blocks = List.copyOf(blocks);
    layers = List.copyOf(layers);
  }

  /**
   * That of a model.
   *
   * @param model in inference mode
   */
  public static Anatomy of(Model model) {
    Graph graph = Graph.needed(model.graph().ops(), List.of(model.logits()));
    List<Conv2d> convolutions = convolutions(graph.ops());
    if (convolutions.isEmpty()) {
      return new Anatomy(Optional.empty(), List.of(), Optional.empty(), List.of());
    }
    List<Value> maps = maps(graph, convolutions.getFirst());
    Optional<Value> features = features(graph, maps, convolutions.getLast());
    List<Value> blocks =
        maps.stream()
            .filter(map -> isRead(map, graph) || features.filter(map::equals).isPresent())
            .toList();
    List<Value> layers =
        convolutions.stream()
            .filter(conv -> conv.window().kernelH() == 3 && conv.window().kernelW() == 3)
            .map(conv -> normalized(conv.dst(), graph))
            .toList();
    return new Anatomy(Optional.of(convolutions.getFirst().weights()), blocks, features, layers);
  }

  private static List<Conv2d> convolutions(List<Op> ops) {
    return ops.stream().filter(Conv2d.class::isInstance).map(Conv2d.class::cast).toList();
  }

  /** The feature maps that all ways go through, from the first convolution on. */
  private static List<Value> maps(Graph graph, Conv2d first) {
    List<Value> dominators = Dominators.of(graph);
    int begin = graph.ops().indexOf(first);
    return dominators.stream()
        .filter(value -> value.shape().rank() == 4 && place(value, graph) >= begin)
        .toList();
  }

  /** The position of the operation that computes a value. */
  private static int place(Value value, Graph graph) {
    List<Op> ops = graph.ops();
    for (int i = 0; i < ops.size(); i++) {
      if (ops.get(i).outputs().contains(value)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether a convolution reads a map, or several operations do. */
  private static boolean isRead(Value map, Graph graph) {
    List<Op> readers = graph.ops().stream().filter(op -> op.inputs().contains(map)).toList();
    return readers.size() > 1 || readers.stream().anyMatch(Conv2d.class::isInstance);
  }

  /** The last map after all convolutions and before any pooling. */
  private static Optional<Value> features(Graph graph, List<Value> maps, Conv2d last) {
    int end = graph.ops().indexOf(last);
    List<Value> candidates = new ArrayList<>();
    for (Value map : maps) {
      int place = place(map, graph);
      if (place >= end) {
        Op op = graph.ops().get(place);
        if (op instanceof MaxPool2d || op instanceof AvgPool2d || op instanceof GlobalAvgPool) {
          break;
        }
        candidates.add(map);
      }
    }
    return candidates.isEmpty() ? Optional.empty() : Optional.of(candidates.getLast());
  }

  private static Value normalized(Value response, Graph graph) {
    return graph.ops().stream()
        .filter(op -> op instanceof BatchNormInference norm && norm.src().equals(response))
        .map(op -> ((BatchNormInference) op).dst())
        .findFirst()
        .orElse(response);
  }
}
