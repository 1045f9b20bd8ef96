package dev.residual.io;

/**
 * A storage of a PyTorch checkpoint: a flat run of elements that tensors are views of.
 *
 * @param key its name in the file
 * @param elements the number of elements
 */
record StorageRef(String key, StorageType type, long elements) {
  /** The size in bytes. */
  long bytes() {
    return elements * type.bytes();
  }
}
