package dev.residual.bench;

/** Something prepared that can be run over and over. */
public interface Job extends AutoCloseable {

  /** Does the work once, and returns when it is done. */
  void run();

  @Override
  void close();
}
