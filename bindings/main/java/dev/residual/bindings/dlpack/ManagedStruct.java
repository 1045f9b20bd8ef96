package dev.residual.bindings.dlpack;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;

/** The two structures in which DLPack hands over a tensor with the function that deletes it. */
public enum ManagedStruct {
  /** {@code DLManagedTensor}, which a PyCapsule called {@code dltensor} holds. */
  UNVERSIONED,
  /**
   * {@code DLManagedTensorVersioned}, which a PyCapsule called {@code dltensor_versioned} holds.
   */
  VERSIONED;

  private static final StructLayout UNVERSIONED_LAYOUT =
      MemoryLayout.structLayout(
          DlTensor.LAYOUT.withName("dl_tensor"),
          JAVA_LONG.withName("manager_ctx"),
          JAVA_LONG.withName("deleter"));

  private static final StructLayout VERSIONED_LAYOUT =
      MemoryLayout.structLayout(
          JAVA_INT.withName("major"),
          JAVA_INT.withName("minor"),
          JAVA_LONG.withName("manager_ctx"),
          JAVA_LONG.withName("deleter"),
          JAVA_LONG.withName("flags"),
          DlTensor.LAYOUT.withName("dl_tensor"));

  /** The version of DLPack that is understood, of any minor version. */
  static final int MAJOR = 1;

  /** The flag of memory that must not be written. */
  static final long READ_ONLY = 1;

  StructLayout layout() {
    return this == VERSIONED ? VERSIONED_LAYOUT : UNVERSIONED_LAYOUT;
  }

  long offset(String field) {
    return layout().byteOffset(PathElement.groupElement(field));
  }
}
