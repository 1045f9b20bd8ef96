package dev.residual.backend.cudnn.plan;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A descriptor of cuDNN's backend API, owned by a scope.
 *
 * <p>All methods throw {@link NativeException} with cuDNN's words where cuDNN refuses.
 *
 * @param handle the descriptor
 * @param title what it stands for, for errors
 */
record Descriptor(MemorySegment handle, String title) {

  /** A new descriptor of a type. */
  static Descriptor create(NativeScope scope, int type, String title) {
    MemorySegment handle =
        scope.create(
            "cudnnBackendCreateDescriptor for " + title,
            CudnnLibrary::check,
            out -> Cudnn.cudnnBackendCreateDescriptor(type, out),
            Cudnn::cudnnBackendDestroyDescriptor);
    return new Descriptor(handle, title);
  }

  /** Ends the setting of attributes: from now on others may refer to this descriptor. */
  Descriptor finish() {
    CudnnLibrary.check("cudnnBackendFinalize of " + title, Cudnn.cudnnBackendFinalize(handle));
    return this;
  }

  /** Sets an attribute to enumerators. */
  Descriptor enums(int attribute, int type, int... values) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, type, values.length, arena.allocateFrom(JAVA_INT, values));
    }
  }

  /** Sets an attribute to integers. */
  Descriptor longs(int attribute, long... values) {
    try (Arena arena = Arena.ofConfined()) {
      return set(
          attribute,
          Cudnn.CUDNN_TYPE_INT64(),
          values.length,
          arena.allocateFrom(JAVA_LONG, values));
    }
  }

  /** Sets an attribute to a number. */
  Descriptor number(int attribute, double value) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, Cudnn.CUDNN_TYPE_DOUBLE(), 1, arena.allocateFrom(JAVA_DOUBLE, value));
    }
  }

  /** Sets an attribute to a truth value. */
  Descriptor flag(int attribute, boolean value) {
    try (Arena arena = Arena.ofConfined()) {
      return set(
          attribute,
          Cudnn.CUDNN_TYPE_BOOLEAN(),
          1,
          arena.allocateFrom(JAVA_BYTE, (byte) (value ? 1 : 0)));
    }
  }

  /** Sets an attribute to a text. */
  Descriptor text(int attribute, String value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment characters = arena.allocateFrom(value);
      return set(attribute, Cudnn.CUDNN_TYPE_CHAR(), characters.byteSize(), characters);
    }
  }

  /** Sets an attribute to a handle of the library. */
  Descriptor library(int attribute, long address) {
    try (Arena arena = Arena.ofConfined()) {
      return set(attribute, Cudnn.CUDNN_TYPE_HANDLE(), 1, arena.allocateFrom(JAVA_LONG, address));
    }
  }

  /** Sets an attribute to other descriptors. */
  Descriptor refer(int attribute, Descriptor... others) {
    return refer(attribute, List.of(others));
  }

  /** Sets an attribute to other descriptors. */
  Descriptor refer(int attribute, List<Descriptor> others) {
    try (Arena arena = Arena.ofConfined()) {
      return set(
          attribute,
          Cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR(),
          others.size(),
          addresses(arena, others));
    }
  }

  private static MemorySegment addresses(Arena arena, List<Descriptor> descriptors) {
    MemorySegment addresses = arena.allocate(ADDRESS, Math.max(1, descriptors.size()));
    for (int i = 0; i < descriptors.size(); i++) {
      addresses.setAtIndex(ADDRESS, i, descriptors.get(i).handle);
    }
    return addresses;
  }

  /** Sets an attribute to so many elements in memory. */
  Descriptor set(int attribute, int type, long count, MemorySegment values) {
    CudnnLibrary.check(
        "cudnnBackendSetAttribute " + attribute + " of " + title,
        Cudnn.cudnnBackendSetAttribute(handle, attribute, type, count, values));
    return this;
  }

  /** The integer of an attribute. */
  long getLong(int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_LONG);
      get(attribute, Cudnn.CUDNN_TYPE_INT64(), 1, value);
      return value.get(JAVA_LONG, 0);
    }
  }

  /** The enumerators of an attribute, so many at most. */
  List<Integer> getEnums(int attribute, int type, int most) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_INT, most);
      long got = get(attribute, type, most, values);
      List<Integer> list = new ArrayList<>();
      for (int i = 0; i < Math.min(most, got); i++) {
        list.add(values.getAtIndex(JAVA_INT, i));
      }
      return list;
    }
  }

  /** The text of an attribute. */
  String getText(int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      long count = count(attribute, Cudnn.CUDNN_TYPE_CHAR());
      MemorySegment characters = arena.allocate(count + 1);
      if (count > 0) {
        get(attribute, Cudnn.CUDNN_TYPE_CHAR(), count, characters);
      }
      return characters.getString(0);
    }
  }

  /**
   * Reads an attribute into descriptors of its type.
   *
   * @return those of them that were written
   */
  List<Descriptor> getDescriptors(int attribute, List<Descriptor> copies) {
    if (copies.isEmpty()) {
      return copies;
    }
    try (Arena arena = Arena.ofConfined()) {
      long got =
          get(
              attribute,
              Cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR(),
              copies.size(),
              addresses(arena, copies));
      return copies.subList(0, (int) Math.min(copies.size(), got));
    }
  }

  /** How many elements an attribute has; not all attributes tell. */
  long count(int attribute, int type) {
    return get(attribute, type, 0, MemorySegment.NULL);
  }

  private long get(int attribute, int type, long count, MemorySegment values) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment got = arena.allocate(JAVA_LONG);
      CudnnLibrary.check(
          "cudnnBackendGetAttribute " + attribute + " of " + title,
          Cudnn.cudnnBackendGetAttribute(handle, attribute, type, count, got, values));
      return got.get(JAVA_LONG, 0);
    }
  }
}
