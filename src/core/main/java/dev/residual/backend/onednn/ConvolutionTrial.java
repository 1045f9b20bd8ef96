package dev.residual.backend.onednn;

import static java.util.Objects.requireNonNull;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A run of one convolution or linear layer on small integers, whose results are compared with plain
 * loops: with integers nearly all sums are exact. Of many results a sample is compared, in which
 * the first and the last along each extent are frequent.
 */
final class ConvolutionTrial {
  /** Products that comparing may take, about 20 milliseconds of them. */
  private static final long MOST_PRODUCTS = 4_000_000;

  private static final int FEWEST_SAMPLES = 24;
  private static final int MOST_SAMPLES = 600;

  /** Floating-point operations below which a second run shows, too, what the first one left. */
  private static final double CHEAP = 1e7;

  /** Memory before and after each tensor, of ones: as a float that is NaN, as an integer not 0. */
  private static final int MARGIN = 4096;

  private static final byte ONES = (byte) 0xFF;

  /** The root of the mean square of a product of two numbers of a trial. */
  private static final double MEAN_PRODUCT = 4;

  /** What sums of floats lose, relative to the sum of magnitudes. */
  private static final double ROUNDING = 0x1p-20;

  private final Convolved convolved;
  private final Graph graph;
  private final boolean inPlace;
  private final double factorRounding;
  private final Map<String, Grid> grids = new HashMap<>();
  private final PlainSum sum;

  /**
   * A trial.
   *
   * @param inPlace whether the result is written over what is added to it
   * @param factorRounding by how much factors are rounded, beyond the rounding of images
   */
  ConvolutionTrial(Convolved convolved, boolean inPlace, double factorRounding) {
    this.convolved = convolved;
    this.inPlace = inPlace;
    this.factorRounding = factorRounding;
    graph = LoneConvolution.of(convolved.op(), inPlace);
    sum = new PlainSum(convolved);
  }

  /**
   * Whether all compared results are right; they are not where oneDNN fails to give any.
   *
   * @throws NativeException if there is not the memory to try it
   */
  boolean holds(KernelSettings settings) {
    try {
      return run(settings);
    } catch (NativeException e) {
      if (e.status() == Dnnl.dnnl_unimplemented() || e.status() == Dnnl.dnnl_runtime_error()) {
        return false;
      }
      throw e;
    } catch (UnsupportedOpException e) {
      return false;
    }
  }

  private boolean run(KernelSettings settings) {
    try (NativeScope scope = NativeScope.open();
        Session session = OneDnnTarget.compile(graph, settings)) {
      List<Value> bound =
          graph.values().stream()
              .filter(v -> v.role() != Role.ACTIVATION || graph.outputs().contains(v))
              .toList();
      long bytes = bound.stream().mapToLong(v -> MARGIN + MemoryPlan.align(v.bytes())).sum();
      // Memory of the heap of C would be written once more, by the zeros it begins with.
      MemorySegment memory = scope.slab("a trial of a convolution", bytes + MARGIN);
      long start = MARGIN;
      ones(memory, 0, start);
      for (Value value : bound) {
        MemorySegment own = memory.asSlice(start, value.bytes());
        if (graph.outputs().contains(value)) {
          own.fill(ONES);
        } else {
          new TrialNumbers(convolved, value).fill(own);
        }
        long end = start + value.bytes();
        start += MemoryPlan.align(value.bytes()) + MARGIN;
        ones(memory, end, start);
        session.bind(value, own);
        grids.put(value.name(), new Grid(value, session.layout(value), own));
      }
      session.run();
      boolean isRight = graph.outputs().stream().allMatch(this::holds);
      if (!isRight || Cost.of(convolved.op()).flops() > CHEAP) {
        return isRight;
      }
      session.run();
      return graph.outputs().stream().allMatch(this::holds);
    }
  }

  private static void ones(MemorySegment memory, long start, long end) {
    memory.asSlice(start, end - start).fill(ONES);
  }

  private boolean holds(Value result) {
    Shape shape = result.shape();
    long samples = Math.clamp(MOST_PRODUCTS / convolved.products(), FEWEST_SAMPLES, MOST_SAMPLES);
    Random random = new Random(shape.hashCode());
    int[] at = new int[4];
    boolean all = shape.elements() <= samples;
    for (long i = 0; i < (all ? shape.elements() : samples); i++) {
      long rest = i;
      for (int d = shape.rank() - 1; d >= 0; d--) {
        at[d] = all ? (int) (rest % shape.dim(d)) : coordinate(random, shape.dim(d));
        rest /= shape.dim(d);
      }
      if (!isRight(result, at)) {
        return false;
      }
    }
    return true;
  }

  private static int coordinate(Random random, int extent) {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1 -> extent - 1;
      default -> random.nextInt(extent);
    };
  }

  private boolean isRight(Value result, int[] at) {
    switch (convolved.op()) {
      case Conv2d _, QuantizedConv2d _, Linear _ ->
          sum.forward(grid("src"), grid("parameter"), at[0], at[1], at[2], at[3]);
      case Conv2dBackwardData _, LinearBackwardData _ ->
          sum.backwardData(grid("diffDst"), grid("parameter"), at[0], at[1], at[2], at[3]);
      case Conv2dBackwardWeights _, LinearBackwardWeights _ -> {
        if (result.shape().rank() == 1) {
          sum.backwardBias(grid("diffDst"), at[0]);
        } else {
          sum.backwardWeights(grid("src"), grid("diffDst"), at[0], at[1], at[2], at[3]);
        }
      }
      default -> throw new IllegalArgumentException(convolved.op().kind());
    }
    double actual = requireNonNull(grids.get(result.name())).get(at[0], at[1], at[2], at[3]);
    return convolved.op() instanceof QuantizedConv2d conv
        ? isRight(conv, at, actual)
        : isRight(at, actual);
  }

  private boolean isRight(int[] at, double actual) {
    boolean relu = false;
    if (convolved.op() instanceof Conv2d conv) {
      relu = conv.relu();
      addBiasAndSum(conv.bias(), conv.add(), at);
    } else if (convolved.op() instanceof Linear linear) {
      addBiasAndSum(linear.bias(), null, at);
    }
    double expected = relu ? Math.max(sum.sum(), 0) : sum.sum();
    // What transforms lose of an element depends on all of its tile, whatever it is a sum of.
    double usual = MEAN_PRODUCT * Math.sqrt(convolved.products());
    double bound = sum.magnitude() * ROUNDING + factorRounding * Math.max(sum.size(), usual);
    return isNear(convolved.op().outputs().getFirst().dtype(), expected, bound, actual);
  }

  private boolean isRight(QuantizedConv2d op, int[] at, double actual) {
    double products = sum.sum() * op.srcScale() * grid("scale").get(at[1], 0, 0, 0);
    double bias = op.bias() == null ? 0 : grid("bias").get(at[1], 0, 0, 0);
    double add = op.add() == null ? 0 : added(op.add(), at) * op.addScale();
    double exact = (products + bias + add) / op.dstScale();
    double magnitude = (Math.abs(products) + Math.abs(bias) + Math.abs(add)) / op.dstScale();
    double expected = op.relu() ? Math.max(exact, 0) : exact;
    return isNear(op.dst().dtype(), expected, magnitude * ROUNDING, actual);
  }

  private void addBiasAndSum(@Nullable Value bias, @Nullable Value add, int[] at) {
    if (bias != null) {
      sum.add(grid("bias").get(at[1], 0, 0, 0));
    }
    if (add != null) {
      sum.add(added(add, at));
    }
  }

  /** What was added, as the operation before it left it. */
  private double added(Value add, int[] at) {
    if (!inPlace) {
      return grid("add").get(at[0], at[1], at[2], at[3]);
    }
    double before = grid("add.before").get(at[0], at[1], at[2], at[3]);
    return switch (add.dtype()) {
      case S8 -> Math.clamp(before, -128, 127);
      case U8 -> Math.clamp(before, 0, 255);
      default -> Math.max(before, 0);
    };
  }

  /** Whether a number is what an exact one becomes in a type, but for what sums of floats lose. */
  private boolean isNear(DType type, double expected, double bound, double actual) {
    // Of what is written in place the graph reads twice as much, if it is floating.
    double found = inPlace && type.isFloating() ? actual / 2 : actual;
    double wanted =
        switch (type) {
          case S8 -> Math.clamp(expected, -128, 127);
          case U8 -> Math.clamp(expected, 0, 255);
          default -> expected;
        };
    double rounding =
        switch (type) {
          case S8, U8 -> 0.5;
          case BF16 -> 0x1p-8 * Math.abs(wanted);
          default -> 0x1p-23 * Math.abs(wanted);
        };
    // Written so that a NaN is not near.
    return Math.abs(found - wanted) <= rounding + bound;
  }

  private Grid grid(String name) {
    return requireNonNull(grids.get(name));
  }
}
