package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * A generator whose sequence is a function of a few numbers, so that image i of epoch e gets the
 * same chance whatever thread comes to it, and when (SplitMix64: Steele, Lea and Flood 2014).
 *
 * <p>One thread.
 */
public final class SplitMix implements RandomGenerator {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  public SplitMix(long... key) {
    for (long part : key) {
      state = mix(state + GAMMA ^ part);
    }
  }

  @Override
  public long nextLong() {
    state += GAMMA;
    return mix(state);
  }

  private static long mix(long z) {
    long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
    return b ^ b >>> 31;
  }
}
