package dev.residual.io.attack;

import dev.residual.io.weights.PickleOp;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Random damage to the bytes of a file. */
final class Mutations {
  private static final int MOST_BYTES = 1 << 16;
  private static final PickleOp[] OPS = PickleOp.values();

  private Mutations() {}

  /** A copy with some damage, most often a single one. */
  static byte[] mutate(byte[] valid, SplittableRandom random) {
    byte[] bytes = valid.clone();
    do {
      bytes = mutateOnce(bytes, random);
    } while (random.nextInt(3) == 0);
    return bytes;
  }

  private static byte[] mutateOnce(byte[] bytes, SplittableRandom random) {
    if (bytes.length == 0) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    int length = Math.min(random.nextInt(1, 1 << random.nextInt(1, 9)), bytes.length - at);
    switch (random.nextInt(9)) {
      case 0 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      case 3 ->
          System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
      case 4 -> {
        byte extreme = new byte[] {0, 1, 127, -128, -1}[random.nextInt(5)];
        Arrays.fill(bytes, at, Math.min(at + random.nextInt(1, 9), bytes.length), extreme);
      }
      case 5 -> bytes[at] = (byte) OPS[random.nextInt(OPS.length)].code();
      case 6 -> {
        return splice(bytes, at, at, (byte) OPS[random.nextInt(OPS.length)].code());
      }
      case 7 -> {
        return splice(bytes, at, at + length);
      }
      default -> {
        byte[] piece = Arrays.copyOfRange(bytes, at, at + length);
        for (int i = random.nextInt(1, 12); i > 0 && bytes.length < MOST_BYTES; i--) {
          bytes = splice(bytes, at, at, piece);
          piece =
              random.nextBoolean() ? piece : Arrays.copyOfRange(bytes, at, at + 2 * piece.length);
        }
      }
    }
    return bytes;
  }

  /** The bytes with others in place of a part. */
  private static byte[] splice(byte[] bytes, int begin, int end, byte... others) {
    byte[] spliced = new byte[bytes.length - (end - begin) + others.length];
    System.arraycopy(bytes, 0, spliced, 0, begin);
    System.arraycopy(others, 0, spliced, begin, others.length);
    System.arraycopy(bytes, end, spliced, begin + others.length, bytes.length - end);
    return spliced;
  }
}
