package dev.residual.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the engine that would do what this one does not, where there is none: its arrays
 * refuse every operation, by name.
 */
final class MissingEngine {
  private static final NDArray ARRAY = proxy(NDArray.class, MissingEngine::ofArray);
  private static final NDManager MANAGER = proxy(NDManager.class, MissingEngine::ofManager);

  private MissingEngine() {}

  /** What makes such arrays. */
  static NDManager manager() {
    return MANAGER;
  }

  /** An operation that neither this engine nor another has. */
  static UnsupportedOperationException refusal(String operation) {
    return new UnsupportedOperationException(
        ("NDArray.%s is not among the operations of the engine Residual; with a whole engine on the"
                + " class path, as ai.djl.pytorch:pytorch-engine, that one does it")
            .formatted(operation));
  }

  static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static @Nullable Object ofManager(Object self, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "from" -> ARRAY;
      case "close" -> null;
      default -> ofAll(self, method, arguments);
    };
  }

  private static @Nullable Object ofArray(Object self, Method method, Object[] arguments) {
    boolean isCopied =
        method.getName().equals("set")
            && method.getParameterCount() == 1
            && method.getParameterTypes()[0] == Buffer.class;
    return isCopied || method.getName().equals("close") ? null : ofAll(self, method, arguments);
  }

  private static Object ofAll(Object self, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> self == arguments[0];
      case "toString" -> "no other engine";
      default -> throw refusal(method.getName());
    };
  }
}
