package dev.residual.cli.profile;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Cost;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;

/**
 * The limits of a machine as a backend reaches them: no operation is faster than its arithmetic at
 * the peak, or than its memory traffic at full bandwidth (Williams, Waterman and Patterson 2009).
 *
 * @param peaks the floating-point operations in a second of the fastest of three large products, by
 *     the type of their elements; of none that minimal filtering could save multiplications of, so
 *     convolutions by it pass the limit
 * @param bandwidth the bytes in a second of the fastest of three passes over arrays beyond the
 *     caches: one that copies, one that reads, and one that changes in place
 */
public record Roofline(Map<DType, Double> peaks, double bandwidth) {
  /** A run this long dwarfs its call, and its arrays the caches. */
  private static final double LONG = 20e-3;

  private static final int LARGEST = 512;
  private static final double TIME = 0.3;

  /** Measures both, for a second or two; peaks of the types that products of a profile read. */
  public static Roofline measure(Backend backend, CompileOptions options, Profile profile) {
    Set<DType> types = EnumSet.noneOf(DType.class);
    for (OpTime operation : profile.operations()) {
      if (operation.kind().startsWith("Conv") || operation.kind().startsWith("Linear")) {
        types.add(DType.valueOf(operation.type()));
      }
    }
    Map<DType, Double> peaks = new EnumMap<>(DType.class);
    for (DType type : types) {
      List<IntFunction<Op>> products =
          List.of(
              n -> conv(n, 128, Window.square(3, 2, 1), type),
              n -> conv(n, 256, Window.square(1, 1, 0), type),
              n -> linear(n, type));
      peaks.put(type, fastest(backend, options, products, Cost::flops));
    }
    List<IntFunction<Op>> passes = List.of(Roofline::relu, Roofline::pool, Roofline::sgd);
    return new Roofline(peaks, fastest(backend, options, passes, Cost::bytes));
  }

  /** The seconds that an operation takes at least. */
  double seconds(OpTime operation) {
    Double peak = peaks.get(DType.valueOf(operation.type()));
    double arithmetic = peak == null ? 0 : operation.flops() / peak;
    return Math.max(arithmetic, operation.bytes() / bandwidth);
  }

  private static double fastest(
      Backend backend,
      CompileOptions options,
      List<IntFunction<Op>> operations,
      ToLongFunction<Cost> amount) {
    double best = 0;
    for (IntFunction<Op> operation : operations) {
      int n = 1;
      double seconds = seconds(backend, options, operation.apply(n));
      while (seconds < LONG && n < LARGEST) {
        n *= 2;
        seconds = seconds(backend, options, operation.apply(n));
      }
      best = Math.max(best, amount.applyAsLong(Cost.of(operation.apply(n))) / seconds);
    }
    return best;
  }

  /** The least time of some runs; many if they are long enough to count. */
  private static double seconds(Backend backend, CompileOptions options, Op op) {
    try (Session session = backend.compile(Graph.of(op), options)) {
      op.inputs().forEach(value -> writeOnes(session, value));
      session.run();
      double best = Double.POSITIVE_INFINITY;
      long begin = System.nanoTime();
      for (int i = 0; i < 2 || (best >= LONG && System.nanoTime() - begin < TIME * 1e9); i++) {
        long before = System.nanoTime();
        session.run();
        best = Math.min(best, (System.nanoTime() - before) / 1e9);
      }
      return best;
    }
  }

  /** Writes bytes that are about one as any floating type: zeros could be faster. */
  private static void writeOnes(Session session, Value value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ones = arena.allocate(value.bytes());
      for (long i = 0; i < ones.byteSize(); i += Short.BYTES) {
        ones.set(ValueLayout.JAVA_SHORT, i, (short) 0x3F80);
      }
      session.write(value, ones, session.layout(value));
    }
  }

  private static Op conv(int n, int channels, Window window, DType type) {
    Value src = Value.input("src", Shape.of(n, channels, 28, 28), type);
    Shape kernel = Shape.of(channels, channels, window.kernelH(), window.kernelW());
    Value weights = Value.parameter("weights", kernel, type);
    Value dst = Value.activation("dst", Conv2d.dstShape(src, weights, window), type);
    return new Conv2d(src, weights, null, dst, window, 1);
  }

  private static Op linear(int n, DType type) {
    Value src = Value.input("src", Shape.of(64 * n, 1024), type);
    Value weights = Value.parameter("weights", Shape.of(1024, 1024), type);
    return new Linear(src, weights, null, Value.activation("dst", src.shape()));
  }

  private static Op relu(int n) {
    Value src = images(n);
    return new Relu(src, Value.activation("dst", src.shape()));
  }

  private static Op pool(int n) {
    return new GlobalAvgPool(images(n), Value.activation("dst", Shape.of(n, 64, 1, 1)));
  }

  private static Op sgd(int n) {
    Value parameter = Value.parameter("parameter", images(n).shape());
    return new SgdUpdate(
        parameter,
        Value.input("gradient", parameter.shape()),
        Value.state("velocity", parameter.shape(), parameter.dtype()),
        Value.input("rate", Shape.SCALAR),
        0.5,
        0,
        false);
  }

  private static Value images(int n) {
    return Value.input("src", Shape.of(n, 64, 32, 32));
  }
}
