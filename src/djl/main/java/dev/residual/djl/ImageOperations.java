package dev.residual.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import dev.residual.tensor.Tensor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;

/**
 * The operations of arrays that are images, and those of several arrays. Of the many that the Deep
 * Java Library lists, these are computed; others are another engine's.
 */
final class ImageOperations implements InvocationHandler {
  private final NDArray array;
  private final NDManager alternative;

  private ImageOperations(NDArray array, NDManager alternative) {
    this.array = array;
    this.alternative = alternative;
  }

  static NDArrayEx of(NDArray array, NDManager alternative) {
    return MissingEngine.proxy(NDArrayEx.class, new ImageOperations(array, alternative));
  }

  @Override
  public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
    Tensor tensor = HostArray.tensor(array);
    return switch (method.getName() + "/" + method.getParameterCount()) {
      case "getArray/0" -> array;
      case "toTensor/0" -> result(ImageTensors.scaled(tensor));
      case "normalize/2" ->
          result(ImageTensors.normalize(tensor, (float[]) arguments[0], (float[]) arguments[1]));
      case "resize/3" ->
          ImageTensors.isResized(tensor, (int) arguments[2])
              ? result(ImageTensors.resize(tensor, (int) arguments[0], (int) arguments[1]))
              : ofAlternative(method, arguments);
      case "stack/2" -> joined(Movement.stack(with(arguments[0]), (int) arguments[1]));
      case "concat/2" -> joined(Movement.concat(with(arguments[0]), (int) arguments[1]));
      default ->
          method.isDefault()
              ? InvocationHandler.invokeDefault(self, method, arguments)
              : ofAlternative(method, arguments);
    };
  }

  private NDArray result(Tensor result) {
    return new HostArray(array.getManager(), result, ElementTypes.of(result.dtype()));
  }

  private NDArray joined(Tensor result) {
    return new HostArray(array.getManager(), result, array.getDataType());
  }

  /** This array and those after it. */
  private List<Tensor> with(Object others) {
    NDList arrays = new NDList(array);
    arrays.addAll((NDList) others);
    List<DataType> types = arrays.stream().map(NDArray::getDataType).distinct().toList();
    if (types.size() > 1) {
      throw new IllegalArgumentException("arrays of " + types + " cannot be joined");
    }
    return arrays.stream().map(HostArray::tensor).toList();
  }

  private Object ofAlternative(Method method, Object[] arguments) throws Throwable {
    if (alternative == MissingEngine.manager()) {
      throw MissingEngine.refusal(method.getName());
    }
    try {
      return method.invoke(alternative.from(array).getNDArrayInternal(), arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
