package dev.residual.backend.reference;

/** One operation bound to its arrays. */
interface Step extends Runnable {
  @Override
  void run();
}
