package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KernelStatisticsTest {
  private final Kernels kernels = new Kernels(Backends.cpu(), new CompileOptions(1), 2);

  @AfterEach
  void close() {
    kernels.close();
  }

  private static Op relu(String name, DType dtype, int elements) {
    Shape shape = Shape.of(elements);
    return new Relu(Value.input(name, shape, dtype), Value.activation("dst", shape, dtype));
  }

  private static Op relu(int elements) {
    return relu("src", DType.F32, elements);
  }

  @Test
  void countsWhatWasHeldWhatWasNotAndWhatWasDropped() {
    assertThat(kernels.statistics())
        .isEqualTo(new KernelStatistics(0, 0, 0, Duration.ZERO, 0))
        .returns(1.0, KernelStatistics::hitRate);
    Kernel first = kernels.compile(relu(1));
    first.close();
    kernels.compile(relu("another", DType.F32, 1)).close();
    kernels.layout(relu(1), Value.input("src", Shape.of(1)));
    kernels.compile(relu(2)).close();
    Duration compileTime = kernels.statistics().compileTime();
    assertThat(compileTime).isPositive();
    assertThat(kernels.statistics())
        .isEqualTo(new KernelStatistics(2, 2, 0, compileTime, 0))
        .returns(0.5, KernelStatistics::hitRate);
    kernels.compile(relu(1)).close();
    kernels.compile(relu(3)).close();
    kernels.compile(relu(1)).close();
    kernels.compile(relu(2)).close();
    KernelStatistics statistics = kernels.statistics();
    assertThat(statistics.compileTime()).isGreaterThan(compileTime);
    assertThat(statistics)
        .as("3 drops 2, 2 drops 3")
        .isEqualTo(new KernelStatistics(4, 4, 2, statistics.compileTime(), 0));
  }

  @Test
  void whatCannotBeCompiledIsMissedEachTime() {
    for (int attempt = 0; attempt < 2; attempt++) {
      assertThatThrownBy(() -> kernels.compile(relu("wide", DType.F64, 1)))
          .isInstanceOf(UnsupportedOpException.class);
    }
    assertThat(kernels.statistics())
        .returns(0L, KernelStatistics::hits)
        .returns(2L, KernelStatistics::misses)
        .returns(0L, KernelStatistics::evictions);
  }

  @Test
  void loseNoCallOfSeveralThreads() {
    int threads = 4;
    int calls = 2000;
    Op[] ops = {relu(1), relu(2), relu(3)};
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (int caller = 0; caller < threads; caller++) {
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                try (Arena arena = Arena.ofConfined()) {
                  for (int i = 0; i < calls; i++) {
                    // The third operation is rare, and drops one of the others.
                    int elements = i % 50 == 0 ? 3 : 1 + i % 2;
                    float[] src = new float[elements];
                    kernels.run(
                        ops[elements - 1],
                        MemorySegment.ofArray(src),
                        arena.allocate(4L * elements, 64));
                  }
                }
              }));
    }
    callers.forEach(CompletableFuture::join);
    KernelStatistics statistics = kernels.statistics();
    assertThat(statistics.hits() + statistics.misses()).isEqualTo((long) threads * calls);
    assertThat(statistics.misses() - statistics.evictions()).isEqualTo(kernels.size());
    assertThat(statistics.evictions()).isPositive();
    assertThat(statistics.hitRate()).isBetween(0.5, 0.999);
    long bytes = 0;
    for (int i = 0; i < calls; i++) {
      bytes += 4L * (i % 50 == 0 ? 3 : 1 + i % 2);
    }
    assertThat(statistics.copiedBytes()).as("the arrays alone").isEqualTo(threads * bytes);
  }
}
