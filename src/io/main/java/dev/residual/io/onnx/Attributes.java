package dev.residual.io.onnx;

import dev.residual.io.files.FileErrors;
import dev.residual.io.onnx.format.AttributeProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.io.onnx.format.TensorProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The attributes of a node. One of another type than is asked for is refused. */
final class Attributes {
  /** The kinds of attributes, with the numbers that the format gives them. */
  private enum Kind {
    FLOAT(1),
    INT(2),
    STRING(3),
    TENSOR(4),
    FLOATS(6),
    INTS(7);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  private final String node;
  private final Map<String, AttributeProto> all = new LinkedHashMap<>();
  private final Set<String> read = new HashSet<>();

  /** The attributes of a node, which messages call by this name. */
  Attributes(String node, NodeProto proto) {
    this.node = node;
    for (AttributeProto attribute : proto.getAttributeList()) {
      if (!attribute.getRefAttrName().isEmpty()) {
        throw refused(attribute.getName(), "refers to one of a function, which is not supported");
      }
      all.put(attribute.getName(), attribute);
    }
  }

  boolean has(String name) {
    return all.containsKey(name);
  }

  /** A whole number that an int holds. */
  int integer(String name, int otherwise) {
    AttributeProto attribute = find(name, Kind.INT);
    return attribute == null ? otherwise : exact(name, attribute.getI());
  }

  boolean flag(String name, boolean otherwise) {
    return integer(name, otherwise ? 1 : 0) != 0;
  }

  double number(String name, double otherwise) {
    AttributeProto attribute = find(name, Kind.FLOAT);
    return attribute == null ? otherwise : attribute.getF();
  }

  String text(String name, String otherwise) {
    AttributeProto attribute = find(name, Kind.STRING);
    return attribute == null ? otherwise : attribute.getS().toStringUtf8();
  }

  @Nullable TensorProto tensor(String name) {
    AttributeProto attribute = find(name, Kind.TENSOR);
    return attribute == null ? null : attribute.getT();
  }

  @Nullable List<Float> numbers(String name) {
    AttributeProto attribute = find(name, Kind.FLOATS);
    return attribute == null ? null : attribute.getFloatsList();
  }

  @Nullable List<Long> longs(String name) {
    AttributeProto attribute = find(name, Kind.INTS);
    return attribute == null ? null : attribute.getIntsList();
  }

  /** So many whole numbers, all the same if the node has none. */
  List<Integer> integers(String name, int count, int otherwise) {
    List<Long> longs = longs(name);
    if (longs == null) {
      return Collections.nCopies(count, otherwise);
    }
    if (longs.size() != count) {
      throw refused(name, "has %d numbers, expected %d".formatted(longs.size(), count));
    }
    List<Integer> integers = new ArrayList<>();
    longs.forEach(number -> integers.add(exact(name, number)));
    return integers;
  }

  /** Refuses attributes that nothing has asked for. */
  void requireAllRead() {
    for (String name : all.keySet()) {
      if (!read.contains(name)) {
        throw refused(name, "is not supported");
      }
    }
  }

  UnsupportedNodeException refused(String name, String reason) {
    return new UnsupportedNodeException(
        "%s: the attribute %s %s".formatted(node, FileErrors.quote(name), reason));
  }

  private @Nullable AttributeProto find(String name, Kind kind) {
    read.add(name);
    AttributeProto attribute = all.get(name);
    if (attribute != null && attribute.getType() != kind.code && !isUntyped(attribute, kind)) {
      throw refused(name, "is no " + kind);
    }
    return attribute;
  }

  /** Old files do not tell the type. */
  private static boolean isUntyped(AttributeProto attribute, Kind kind) {
    return !attribute.hasType()
        && switch (kind) {
          case FLOAT -> attribute.hasF();
          case INT -> attribute.hasI();
          case STRING -> attribute.hasS();
          case TENSOR -> attribute.hasT();
          case FLOATS -> attribute.getFloatsCount() > 0;
          case INTS -> attribute.getIntsCount() > 0;
        };
  }

  private int exact(String name, long number) {
    if (number != (int) number) {
      throw refused(name, "is %d, more than is supported".formatted(number));
    }
    return (int) number;
  }
}
