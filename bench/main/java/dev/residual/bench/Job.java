package dev.residual.bench;

import java.nio.FloatBuffer;

/** Something prepared that can be run over and over. */
public interface Job extends AutoCloseable {

  /** Does the work once, and returns when it is done. */
  void run();

  /** The bytes of a GPU's memory that it holds; 0 if it uses none. */
  default long deviceBytes() {
    return 0;
  }

  /** The images that a run of a network reads, n c h w, for a caller to change. */
  default FloatBuffer images() {
    throw new UnsupportedOperationException("the images of a run cannot be changed");
  }

  @Override
  void close();
}
