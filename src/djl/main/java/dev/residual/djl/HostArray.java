package dev.residual.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrayAdapter;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.index.full.NDIndexFullSlice;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An array of this engine: a tensor that nobody changes. What changes the array gives it another
 * tensor, so that views share elements.
 *
 * <p>Operations that are not here are those of another engine, or of the {@link MissingEngine}.
 */
final class HostArray extends NDArrayAdapter {
  private @Nullable Tensor tensor;

  /** An array of the manager's, which closes it. */
  HostArray(NDManager manager, Tensor tensor, DataType type) {
    super(manager, alternative(manager), Shapes.of(tensor.shape()), type, NDManager.nextUid());
    this.tensor = tensor;
    manager.attachInternal(uid, this);
    NDScope.register(this);
  }

  private static NDManager alternative(NDManager manager) {
    return manager instanceof ArrayScope scope ? scope.alternative() : manager;
  }

  /**
   * The elements of an array of any engine; those of another's are copied.
   *
   * @throws IllegalStateException if the array is closed
   */
  static Tensor tensor(NDArray array) {
    if (!(array instanceof HostArray host)) {
      return ArrayScope.tensor(array.toByteBuffer(), array.getShape(), array.getDataType());
    }
    Tensor tensor = host.tensor;
    if (tensor == null) {
      throw new IllegalStateException("the array is closed");
    }
    return tensor;
  }

  private Tensor tensor() {
    return tensor(this);
  }

  private NDArray result(Tensor result) {
    return new HostArray(manager, result, ElementTypes.of(result.dtype()));
  }

  /** A result whose elements are some of these. */
  private NDArray moved(Tensor result) {
    return new HostArray(manager, result, dataType);
  }

  /** Gives this array the elements of another, which is closed. */
  private NDArray replaced(NDArray by) {
    intern(by);
    return this;
  }

  @Override
  public void intern(NDArray other) {
    tensor = tensor(other);
    shape = other.getShape();
    dataType = other.getDataType();
    other.close();
  }

  @Override
  public void detach() {
    manager.detachInternal(uid);
    manager = ArrayScope.system();
  }

  @Override
  public void close() {
    super.close();
    tensor = null;
  }

  @Override
  public ByteBuffer toByteBuffer(boolean tryDirect) {
    Tensor elements = tensor();
    byte[] bytes = new byte[Math.toIntExact(elements.data().byteSize())];
    MemorySegment.ofArray(bytes).copyFrom(elements.data());
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public NDArray duplicate() {
    return named(moved(tensor()));
  }

  @Override
  public NDArray toType(DataType type, boolean copy) {
    if (type == dataType) {
      return copy ? duplicate() : this;
    }
    Tensor elements = tensor();
    Tensor converted =
        type == DataType.BOOLEAN
            ? Elementwise.unary(elements, DType.U8, x -> x != 0 ? 1 : 0)
            : Elementwise.convert(elements, ElementTypes.of(type));
    return named(new HostArray(manager, converted, type));
  }

  private NDArray named(NDArray array) {
    array.setName(getName());
    return array;
  }

  @Override
  public NDArray reshape(Shape to) {
    Tensor elements = tensor();
    return moved(elements.reshape(Shapes.reshaped(elements.shape().elements(), to)));
  }

  @Override
  public NDArray flatten() {
    return reshape(new Shape(-1));
  }

  @Override
  public NDArray expandDims(int axis) {
    int place = Shapes.axis(axis, shape.dimension() + 1);
    return reshape(shape.slice(0, place).add(1).addAll(shape.slice(place)));
  }

  @Override
  public NDArray squeeze(int[] axes) {
    return moved(Movement.squeeze(tensor(), axes));
  }

  @Override
  public NDArray transpose() {
    return moved(Movement.transpose(tensor()));
  }

  @Override
  public NDArray transpose(int... axes) {
    return moved(Movement.transpose(tensor(), axes));
  }

  @Override
  public NDArray flip(int... axes) {
    return moved(Movement.flip(tensor(), axes));
  }

  @Override
  public NDArray broadcast(Shape to) {
    return moved(Movement.broadcast(tensor(), Shapes.of(to)));
  }

  @Override
  public NDList split(long sections, int axis) {
    return list(Movement.split(tensor(), sections, axis));
  }

  @Override
  public NDList split(long[] indices, int axis) {
    return list(Movement.split(tensor(), indices, axis));
  }

  private NDList list(List<Tensor> tensors) {
    NDList list = new NDList();
    tensors.forEach(each -> list.add(moved(each)));
    return list;
  }

  @Override
  public NDArray get(NDIndex index) {
    return get(manager, index);
  }

  /** A part by numbers and ranges; other indices are another engine's. */
  @Override
  public NDArray get(NDManager to, NDIndex index) {
    Optional<NDIndexFullSlice> parts = NDIndexFullSlice.fromIndex(index, getShape());
    if (parts.isEmpty()) {
      return alternative(to).from(this).get(index);
    }
    return new HostArray(to, Movement.slice(tensor(), parts.get()), dataType);
  }

  @Override
  public NDArray add(Number n) {
    return isFloating(n) ? result(Elementwise.binary(tensor(), n, Double::sum)) : super.add(n);
  }

  @Override
  public NDArray sub(Number n) {
    return isFloating(n) ? result(Elementwise.binary(tensor(), n, (x, y) -> x - y)) : super.sub(n);
  }

  @Override
  public NDArray mul(Number n) {
    return isFloating(n) ? result(Elementwise.binary(tensor(), n, (x, y) -> x * y)) : super.mul(n);
  }

  @Override
  public NDArray div(Number n) {
    return result(Elementwise.binary(tensor(), n, (x, y) -> x / y));
  }

  @Override
  public NDArray add(NDArray other) {
    return isFloating(other) ? result(other, Double::sum) : super.add(other);
  }

  @Override
  public NDArray sub(NDArray other) {
    return isFloating(other) ? result(other, (x, y) -> x - y) : super.sub(other);
  }

  @Override
  public NDArray mul(NDArray other) {
    return isFloating(other) ? result(other, (x, y) -> x * y) : super.mul(other);
  }

  @Override
  public NDArray div(NDArray other) {
    return result(other, (x, y) -> x / y);
  }

  private NDArray result(NDArray other, DoubleBinaryOperator function) {
    return result(Elementwise.binary(tensor(), tensor(other), function));
  }

  /** Whether floats result; sums and products of integers are another engine's. */
  private boolean isFloating(Number n) {
    return dataType.isFloating() || n instanceof Float || n instanceof Double;
  }

  private boolean isFloating(NDArray other) {
    return dataType.isFloating() || other.getDataType().isFloating();
  }

  @Override
  public NDArray addi(Number n) {
    return replaced(add(n));
  }

  @Override
  public NDArray subi(Number n) {
    return replaced(sub(n));
  }

  @Override
  public NDArray muli(Number n) {
    return replaced(mul(n));
  }

  @Override
  public NDArray divi(Number n) {
    return replaced(div(n));
  }

  @Override
  public NDArray addi(NDArray other) {
    return replaced(add(other));
  }

  @Override
  public NDArray subi(NDArray other) {
    return replaced(sub(other));
  }

  @Override
  public NDArray muli(NDArray other) {
    return replaced(mul(other));
  }

  @Override
  public NDArray divi(NDArray other) {
    return replaced(div(other));
  }

  @Override
  public NDArray softmax(int axis) {
    return result(Ranking.softmax(tensor(), axis));
  }

  @Override
  public NDArray argMax() {
    return flatten().argMax(0);
  }

  @Override
  public NDArray argMax(int axis) {
    return result(Ranking.argMax(tensor(), axis));
  }

  @Override
  public NDArray argSort(int axis, boolean ascending) {
    return result(Ranking.argSort(tensor(), axis, ascending));
  }

  @Override
  public NDList topK(int k, int axis, boolean largest, boolean sorted) {
    Tensor places = Ranking.top(tensor(), k, axis, largest);
    return new NDList(moved(Ranking.pick(tensor(), places, axis)), result(places));
  }

  @Override
  public NDArrayEx getNDArrayInternal() {
    return ImageOperations.of(this, alternative(manager));
  }
}
