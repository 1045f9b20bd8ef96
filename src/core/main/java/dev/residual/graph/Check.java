package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import org.jspecify.annotations.Nullable;

/** The checks that operations make of their values, with messages that name both. */
record Check(String kind) {
  /** Such that floats hold it and its inverse. */
  private static final double SMALLEST_SCALE = 1e-37;

  void that(boolean condition, String expectation, @Nullable Object... given) {
    if (!condition) {
      throw new IllegalArgumentException(kind + ": " + expectation.formatted(given));
    }
  }

  void rank(Value value, int rank) {
    that(value.shape().rank() == rank, "%s must have rank %d", value, rank);
  }

  void shape(@Nullable Value value, Shape expected, String reason) {
    if (value != null) {
      that(value.shape().equals(expected), "%s must have shape %s (%s)", value, expected, reason);
    }
  }

  void vector(@Nullable Value value, int length, String reason) {
    shape(value, Shape.of(length), reason);
  }

  void floating(Value value) {
    that(value.dtype().isFloating(), "%s must be floating", value);
  }

  /** Checks two floating values of the same shape and type. */
  void same(Value first, @Nullable Value second) {
    floating(first);
    if (second != null) {
      that(
          first.shape().equals(second.shape()),
          "%s and %s must have the same shape",
          first,
          second);
      sameType(first, second);
    }
  }

  void sameType(Value first, @Nullable Value... others) {
    for (Value other : others) {
      if (other != null) {
        that(first.dtype() == other.dtype(), "%s and %s must have the same type", first, other);
      }
    }
  }

  /** Checks values that are summed or learned, which are F32 beside images of BF16 or F16. */
  void wideType(Value image, @Nullable Value... others) {
    floating(image);
    DType expected = wide(image.dtype());
    for (Value other : others) {
      if (other != null) {
        that(other.dtype() == expected, "%s must have type %s beside %s", other, expected, image);
      }
    }
  }

  /** Checks scores, n classes, and the class of each row. */
  void labels(Value logits, Value labels) {
    rank(logits, 2);
    floating(logits);
    vector(labels, logits.shape().dim(0), "one label a row of " + logits);
    type(labels, DType.I32);
  }

  /** The type of what is summed or learned beside images of a type. */
  static DType wide(DType image) {
    return image.isHalf() ? DType.F32 : image;
  }

  void type(@Nullable Value value, DType expected) {
    if (value != null) {
      that(value.dtype() == expected, "%s must have type %s", value, expected);
    }
  }

  void eightBits(Value value) {
    that(
        value.dtype() == DType.U8 || value.dtype() == DType.S8, "%s must be 8-bit integers", value);
  }

  void scale(String name, double scale) {
    that(
        scale >= SMALLEST_SCALE && scale <= 1 / SMALLEST_SCALE,
        "%s is %s, it must be positive, from %s to %s",
        name,
        scale,
        SMALLEST_SCALE,
        1 / SMALLEST_SCALE);
  }

  void range(String name, double value, double low, double high) {
    that(value >= low && value <= high, "%s is %s, it must be in [%s, %s]", name, value, low, high);
  }

  /** Checks a number of [0, bound). */
  void below(String name, double value, double bound) {
    that(value >= 0 && value < bound, "%s is %s, it must be in [0, %s)", name, value, bound);
  }

  /** Checks what each step of an optimiser has. */
  void update(Value parameter, Value gradient, Value learningRate, @Nullable Value factor) {
    that(parameter.role() == Role.PARAMETER, "%s is not a parameter", parameter);
    same(parameter, gradient);
    shape(learningRate, Shape.SCALAR, "one learning rate");
    shape(factor, Shape.SCALAR, "one factor");
    sameType(parameter, learningRate, factor);
  }
}
