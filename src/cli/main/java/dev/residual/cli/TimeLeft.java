package dev.residual.cli;

import dev.residual.cli.output.Text;
import java.util.function.Supplier;

/** The speed of some work since a moment, and the time that the rest of it will take. */
final class TimeLeft {
  private final long total;
  private long begin = System.nanoTime();

  /**
   * Work that begins now.
   *
   * @param total the number of images
   */
  TimeLeft(long total) {
    this.total = total;
  }

  /** Does what is not part of the work, as compiling, without counting its time. */
  <T> T without(Supplier<T> preparation) {
    long before = System.nanoTime();
    T result = preparation.get();
    begin += System.nanoTime() - before;
    return result;
  }

  /** The seconds of the work so far. */
  double seconds() {
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Such as {@code 950 images/s, 3:20 left}. */
  String after(long done) {
    double speed = done / seconds();
    return "%s, %s left".formatted(Text.speed(speed), Text.duration((total - done) / speed));
  }
}
