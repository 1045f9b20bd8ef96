package dev.residual.train;

/** What trains in each epoch: images may grow while a network learns. */
@FunctionalInterface
public interface Stages {

  /**
   * What trains in an epoch; the same as before, if nothing changes.
   *
   * <p>Another trainer goes on with the weights and states of the one before, which is closed.
   *
   * @param epoch from 0
   */
  Stage at(int epoch);
}
