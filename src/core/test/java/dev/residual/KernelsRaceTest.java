package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.engine.CompileOptions;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Kernels that many threads use, drop and close at once: each call is right, or says "closed". */
class KernelsRaceTest {
  private static final int OPERATIONS = 6;

  /** Fewer than there are operations, so that they push each other out. */
  private static final int CAPACITY = 2;

  private final List<Op> ops = new ArrayList<>();
  private final AtomicReference<Kernels> current = new AtomicReference<>(kernels());

  private static Kernels kernels() {
    return new Kernels(Backends.cpu(), new CompileOptions(1), CAPACITY);
  }

  @Test
  void eachCallIsRightOrSaysThatItIsClosed() throws Exception {
    for (int i = 0; i < OPERATIONS; i++) {
      Shape shape = Shape.of(3 + i);
      ops.add(new Relu(Value.input("src", shape), Value.activation("dst", shape)));
    }
    assertThat(Races.run(this::act)).isPositive();
    current.get().close();
    assertThat(current.get().size()).isZero();
  }

  private void act(RandomGenerator random) {
    Kernels kernels = current.get();
    try {
      switch (random.nextInt(40)) {
        case 0 -> {
          if (current.compareAndSet(kernels, kernels())) {
            kernels.close();
          }
        }
        case 1 -> assertThat(kernels.size()).isBetween(0, CAPACITY);
        case 2, 3, 4, 5 -> {
          Op op = ops.get(random.nextInt(OPERATIONS));
          try (Kernel kernel = kernels.compile(op)) {
            check(op, kernel::run, random);
          }
        }
        default -> {
          Op op = ops.get(random.nextInt(OPERATIONS));
          check(op, memory -> kernels.run(op, memory), random);
        }
      }
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("the kernels are closed");
      assertThat(current.get()).isNotSameAs(kernels);
    }
  }

  private interface Call {
    void run(MemorySegment... memory);
  }

  private static void check(Op op, Call call, RandomGenerator random) {
    int n = (int) Kernels.values(op).getFirst().shape().elements();
    float[] src = new float[n];
    float[] expected = new float[n];
    for (int i = 0; i < n; i++) {
      src[i] = random.nextInt(-9, 9);
      expected[i] = Math.max(src[i], 0);
    }
    float[] dst = new float[n];
    call.run(MemorySegment.ofArray(src), MemorySegment.ofArray(dst));
    assertThat(dst).isEqualTo(expected);
  }
}
