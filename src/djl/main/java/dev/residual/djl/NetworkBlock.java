package dev.residual.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractSymbolBlock;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.residual.graph.Value;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A network as a block: arrays in, arrays out. It has no parameters that others could change. */
final class NetworkBlock extends AbstractSymbolBlock {
  private final PooledNetwork network;

  NetworkBlock(PooledNetwork network) {
    this.network = network;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> params) {
    if (training) {
      throw new UnsupportedOperationException(ResidualModel.NO_TRAINING);
    }
    List<Tensor> results = network.run(tensors(inputs));
    NDManager manager = inputs.head().getManager();
    NDList outputs = new NDList();
    Iterator<String> names = network.outputs().keySet().iterator();
    for (Tensor result : results) {
      HostArray array = new HostArray(manager, result, ElementTypes.of(result.dtype()));
      array.setName(names.next());
      outputs.add(array);
    }
    return outputs;
  }

  /** The inputs in the network's order: by their names if all have those of inputs. */
  private List<Tensor> tensors(NDList given) {
    if (given.size() != network.inputs().size()) {
      throw new IllegalArgumentException(
          "%d inputs are given, expected %s".formatted(given.size(), network.inputs().keySet()));
    }
    List<Tensor> tensors = new ArrayList<>();
    List<String> names = given.stream().map(NDArray::getName).toList();
    boolean areNamed = names.containsAll(network.inputs().keySet());
    int place = 0;
    for (String name : network.inputs().keySet()) {
      NDArray array = given.get(areNamed ? names.indexOf(name) : place++);
      tensors.add(HostArray.tensor(array));
    }
    return tensors;
  }

  @Override
  public PairList<String, Shape> describeInput() {
    return described(network.inputs());
  }

  @Override
  public PairList<String, Shape> describeOutput() {
    return described(network.outputs());
  }

  private static PairList<String, Shape> described(Map<String, Value> values) {
    PairList<String, Shape> described = new PairList<>();
    values.forEach((name, value) -> described.add(name, Shapes.of(value.shape())));
    return described;
  }

  @Override
  public ParameterList getDirectParameters() {
    return new ParameterList();
  }
}
