package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.io.data.DataSet;
import java.io.Closeable;
import java.io.IOException;

/**
 * The images to train on, and those to measure with, of the same classes.
 *
 * @param name as it was given
 * @param train the images to train on
 * @param test the images held out
 */
record DataParts(String name, DataSet train, DataSet test) implements Closeable {

  /** The number of classes. */
  int classes() {
    return train.classes().size();
  }

  /** Refuses what cannot be told apart. */
  void requireClasses() {
    if (classes() < 2) {
      throw new Failure(
          "%s has the one class %s: there is nothing to tell apart"
              .formatted(name, train.classes().getFirst()));
    }
    if (!train.classes().equals(test.classes())) {
      throw new Failure(
          "%s has %d classes for training, but %d others for measuring"
              .formatted(name, classes(), test.classes().size()));
    }
  }

  @Override
  public void close() throws IOException {
    try (train) {
      test.close();
    }
  }
}
