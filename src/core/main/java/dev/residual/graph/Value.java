package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A named tensor in a graph, without memory.
 *
 * <p>Within one graph a name stands for one value.
 *
 * @param name the name, unique in the graph
 * @param shape the extents; images are n c h w, convolution weights o i h w, linear weights o i
 * @param dtype the element type
 * @param role what the value is to the graph
 */
public record Value(String name, Shape shape, DType dtype, Role role) {

  /** A value written by the caller. */
  public static Value input(String name, Shape shape, DType dtype) {
    return new Value(name, shape, dtype, Role.INPUT);
  }

  /** An {@link DType#F32} value written by the caller. */
  public static Value input(String name, Shape shape) {
    return input(name, shape, DType.F32);
  }

  /** A learned value. */
  public static Value parameter(String name, Shape shape, DType dtype) {
    return new Value(name, shape, dtype, Role.PARAMETER);
  }

  /** A learned {@link DType#F32} value. */
  public static Value parameter(String name, Shape shape) {
    return parameter(name, shape, DType.F32);
  }

  /** A value kept between runs and changed by them. */
  public static Value state(String name, Shape shape, DType dtype) {
    return new Value(name, shape, dtype, Role.STATE);
  }

  /** A computed value. */
  public static Value activation(String name, Shape shape, DType dtype) {
    return new Value(name, shape, dtype, Role.ACTIVATION);
  }

  /** A computed {@link DType#F32} value. */
  public static Value activation(String name, Shape shape) {
    return activation(name, shape, DType.F32);
  }

  /** A state of a parameter, whose name stands behind; shape and type are the same. */
  static Value stateOf(String name, Value parameter) {
    return state(name + "." + parameter.name(), parameter.shape(), parameter.dtype());
  }

  /** What stands for a value; null for none. */
  static @Nullable Value mapped(@Nullable Value value, UnaryOperator<Value> values) {
    return value == null ? null : values.apply(value);
  }

  /** The size in bytes without gaps. */
  public long bytes() {
    return Math.multiplyExact(shape.elements(), (long) dtype.bytes());
  }

  /** The name, type and shape, as {@code conv1.weight F32 64x3x7x7}. */
  @Override
  public String toString() {
    return name + " " + dtype + " " + shape;
  }
}
