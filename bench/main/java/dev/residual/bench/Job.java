package dev.residual.bench;

/** Something prepared that can be run over and over. */
public interface Job extends AutoCloseable {

  /** Does the work once, and returns when it is done. */
  void run();

  /** The bytes of a GPU's memory that it holds; 0 if it uses none. */
  default long deviceBytes() {
    return 0;
  }

  @Override
  void close();
}
