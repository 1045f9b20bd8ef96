package dev.residual.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What owns arrays and networks: closing it closes them, and scopes within.
 *
 * <p>Arrays are of the host, whatever the device of the network is. They lie in the Java heap;
 * networks own native memory.
 */
class ArrayScope extends BaseNDManager {

  private ArrayScope(@Nullable NDManager parent, @Nullable Device device) {
    super(parent, device);
    if (alternativeManager == null) {
      alternativeManager = MissingEngine.manager();
    }
  }

  /** The scope around all others, which is never closed. */
  static NDManager system() {
    return SystemScope.INSTANCE;
  }

  /** Where operations that this engine lacks are done, or refused. */
  NDManager alternative() {
    return alternativeManager;
  }

  @Override
  public ByteBuffer allocateDirect(int capacity) {
    return ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
  }

  @Override
  public NDArray from(NDArray array) {
    return array instanceof HostArray
        ? array
        : named(new HostArray(this, HostArray.tensor(array), array.getDataType()), array);
  }

  private static NDArray named(NDArray array, NDArray like) {
    array.setName(like.getName());
    return array;
  }

  @Override
  public NDArray create(Buffer data, Shape shape, DataType type) {
    return new HostArray(this, tensor(data, shape, type), type);
  }

  /** A copy of the elements. */
  static Tensor tensor(Buffer data, Shape shape, DataType type) {
    dev.residual.tensor.Shape extents = Shapes.of(shape);
    validateBuffer(data, type, Math.toIntExact(extents.elements()));
    byte[] bytes =
        new byte[Math.toIntExact(Math.multiplyExact(extents.elements(), type.getNumOfBytes()))];
    copyBuffer(data.duplicate(), ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
    return new Tensor(ElementTypes.of(type), extents, MemorySegment.ofArray(bytes));
  }

  @Override
  public NDArray zeros(Shape shape, DataType type) {
    return new HostArray(this, Tensor.zeros(ElementTypes.of(type), Shapes.of(shape)), type);
  }

  @Override
  public NDArray ones(Shape shape, DataType type) {
    return full(shape, 1, type);
  }

  @Override
  public NDArray full(Shape shape, float value, DataType type) {
    Tensor tensor = Tensor.zeros(ElementTypes.of(type), Shapes.of(shape));
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, value);
    }
    return new HostArray(this, tensor, type);
  }

  @Override
  public NDManager newSubManager(@Nullable Device device) {
    ArrayScope scope = new ArrayScope(this, device);
    attachInternal(scope.uid, scope);
    return scope;
  }

  @Override
  public final Engine getEngine() {
    return ResidualEngine.INSTANCE;
  }

  /** Closes what it owns, and the arrays that another engine made for it. */
  @Override
  public void close() {
    super.close();
    alternativeManager.close();
  }

  private static final class SystemScope extends ArrayScope implements SystemNDManager {
    static final SystemScope INSTANCE = new SystemScope();

    private SystemScope() {
      super(null, null);
    }

    /** It holds on to no array that was detached from its scope. */
    @Override
    public void attachInternal(String id, AutoCloseable... resources) {}

    @Override
    public void attachUncappedInternal(String id, AutoCloseable resource) {}

    @Override
    public void detachInternal(String id) {}

    @Override
    public void close() {}
  }
}
