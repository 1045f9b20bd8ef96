package dev.residual.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar on the screen, which is wiped at the end. */
final class BarProgress implements Progress {
  private static final int WIDTH = 110;
  private static final long FIRST = 2_000_000_000L;

  private final String task;
  private final long steps;
  private final long begin = System.nanoTime();
  private @Nullable ProgressBar bar;

  BarProgress(String task, long steps) {
    this.task = task;
    this.steps = steps;
  }

  @Override
  public void report(long done, String message) {
    ProgressBar shown = bar;
    if (shown == null) {
      if (System.nanoTime() - begin < FIRST) {
        return;
      }
      shown =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              // A consumer of our own choice: the default asks the terminal through native code.
              .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
              .setUpdateIntervalMillis(200)
              .hideEta()
              .clearDisplayOnFinish()
              .build();
      bar = shown;
    }
    shown.setExtraMessage(" " + message).stepTo(done);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
