package dev.residual.io.onnx;

import dev.residual.io.onnx.format.DimensionProto;
import dev.residual.io.onnx.format.TensorTypeProto;
import dev.residual.io.onnx.format.ValueInfoProto;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An input of an ONNX graph.
 *
 * @param name the name in the file
 * @param dtype the type of its elements
 * @param extents each a number, the name that the file gives it, or {@code ?}; null where the file
 *     does not say how many there are
 */
public record OnnxInput(String name, DType dtype, @Nullable List<String> extents) {
  private static final String UNKNOWN = "?";

  /** Copies the list. */
  public OnnxInput {
    extents = extents == null ? null : List.copyOf(extents);
  }

  static OnnxInput of(ValueInfoProto proto) throws IOException {
    if (!proto.getType().hasTensorType()) {
      throw new IOException("input '%s' is no tensor".formatted(proto.getName()));
    }
    TensorTypeProto type = proto.getType().getTensorType();
    List<String> extents = null;
    if (type.hasShape()) {
      extents = new ArrayList<>();
      for (DimensionProto dim : type.getShape().getDimList()) {
        boolean isNumber = dim.hasDimValue() && dim.getDimValue() > 0;
        String name = dim.getDimParam().isBlank() ? UNKNOWN : dim.getDimParam();
        extents.add(isNumber ? Long.toString(dim.getDimValue()) : name);
      }
    }
    return new OnnxInput(proto.getName(), ElementType.of(type.getElemType()).dtype(), extents);
  }

  /** Whether this is a batch of images: floats, n c h w. */
  public boolean isImages() {
    return dtype.isFloating() && extents != null && extents.size() == 4;
  }

  /** Whether the channels come last, as three or one behind other extents. */
  boolean isChannelsLast() {
    return isImages() && isColours(extent(3)) && !isColours(extent(1));
  }

  private static boolean isColours(int extent) {
    return extent == 1 || extent == 3;
  }

  /**
   * The extent at a position, if the file gives a number.
   *
   * @return 0 if it does not
   */
  public int extent(int index) {
    if (extents == null || index >= extents.size() || !isNumber(extents.get(index))) {
      return 0;
    }
    try {
      return Integer.parseInt(extents.get(index));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(this + ": an extent is too large", e);
    }
  }

  private static boolean isNumber(String extent) {
    return extent.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /**
   * The shape in the file.
   *
   * @param given extents by position, which take the place of those of the file
   * @throws IllegalArgumentException if one is known from neither
   */
  Shape shape(Map<Integer, Integer> given) {
    if (extents == null) {
      throw new IllegalArgumentException("the file gives no shape of the input '" + name + "'");
    }
    int[] dims = new int[extents.size()];
    for (int i = 0; i < dims.length; i++) {
      Integer other = given.get(i);
      dims[i] = other == null ? extent(i) : other;
      if (dims[i] == 0) {
        throw new IllegalArgumentException(
            "%s: the file leaves extent %s open, so it must be given"
                .formatted(this, extents.get(i)));
      }
    }
    return Shape.of(dims);
  }

  /** Such as {@code input 'images' F32 Nx3x224x224}. */
  @Override
  public String toString() {
    return "input '%s' %s %s"
        .formatted(name, dtype, extents == null ? UNKNOWN : String.join("x", extents));
  }
}
