package dev.residual.cli;

import dev.residual.train.Training;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The end of the process while a training is under way, as SIGTERM and SIGINT (control-C) ask for
 * it: the training stops, and the process waits until all is saved and closed, but not for long.
 *
 * <p>The exit code is that of the signal, 143 or 130. When this is closed the process may end.
 */
final class ProcessEnd implements AutoCloseable {
  private static final int SECONDS = 5;

  private final Console console;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "residual-end");
  private volatile @Nullable Training training;

  ProcessEnd(Console console) {
    this.console = console;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Sees to this training from now on. */
  void stops(Training training) {
    this.training = training;
  }

  private void stop() {
    Training running = training;
    if (running == null) {
      return;
    }
    running.stop();
    try {
      if (!closed.await(SECONDS, TimeUnit.SECONDS)) {
        console.note("the step takes longer than %d seconds: ending without it".formatted(SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook has done its work.
      return;
    }
  }
}
