package dev.residual.io.images;

import java.util.random.RandomGenerator;

/** A generator of given numbers between 0 and 1; whole ones are in proportion. */
final class ScriptedRandom implements RandomGenerator {
  private final double[] numbers;
  private int used;

  ScriptedRandom(double... numbers) {
    this.numbers = numbers;
  }

  int left() {
    return numbers.length - used;
  }

  @Override
  public double nextDouble() {
    return numbers[used++];
  }

  @Override
  public int nextInt(int bound) {
    return (int) (nextDouble() * bound);
  }

  @Override
  public long nextLong() {
    throw new UnsupportedOperationException();
  }
}
