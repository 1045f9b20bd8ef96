package dev.residual;

import dev.residual.ConvCases.Geometry;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.Random;

/**
 * Cases of random windows, extents, channels and groups, each the same for the same seed: odd
 * paddings, windows that see padding alone, strides and dilations that never move anything.
 */
public final class RandomCases {
  private static final int[] CHANNELS = {1, 2, 3, 4, 5, 8, 15, 16, 17, 24, 31, 32, 48, 64, 80};

  /** Products that a case may have, so that thousands are compared in a minute. */
  private static final double MOST_PRODUCTS = 400_000;

  private RandomCases() {}

  /** A convolution, a gradient of one, or one of 8-bit integers. */
  public static OpCase convolution(long seed) {
    Random random = new Random(seed);
    Geometry geometry = geometry(random);
    while (products(geometry) > MOST_PRODUCTS) {
      geometry = geometry(random);
    }
    return one(
        random,
        (random.nextInt(4) == 0
                ? QuantizedCases.convolutions(geometry)
                : ConvCases.variants(geometry))
            .toList());
  }

  /** A max or average pooling, or a gradient of one. */
  public static OpCase pooling(long seed) {
    Random random = new Random(seed);
    Geometry geometry = geometry(random);
    Shape src = Shape.of(geometry.n(), geometry.i(), geometry.h(), geometry.w());
    return one(random, PoolCases.of(src, geometry.window()).toList());
  }

  /**
   * A batch norm, or a gradient of one, but for gradients through ReLUs, where rounding decides
   * what they let pass, and of sums, whose rounding may be most of a gradient. With few positions a
   * channel, gradients would be differences of equal numbers.
   */
  public static OpCase norm(long seed) {
    Random random = new Random(seed);
    Shape shape =
        Shape.of(
            1 + random.nextInt(4),
            CHANNELS[random.nextInt(CHANNELS.length)],
            3 + random.nextInt(20),
            4 + random.nextInt(20));
    List<OpCase> smooth =
        NormCases.variants(shape)
            .filter(row -> !row.name().contains("relu, backward"))
            .filter(row -> !row.name().contains("in place") && !row.name().contains("of sum"))
            .toList();
    return one(random, smooth);
  }

  private static OpCase one(Random random, List<OpCase> cases) {
    return cases.get(random.nextInt(cases.size()));
  }

  static double products(Geometry g) {
    double results = 1;
    for (int dim : g.dstDims()) {
      results *= dim;
    }
    double window = (double) g.i() / g.groups() * g.window().kernelH() * g.window().kernelW();
    return results * window + (double) g.n() * g.i() * g.h() * g.w();
  }

  private static Geometry geometry(Random random) {
    int h = extent(random);
    int w = extent(random);
    Window window = window(random);
    while (window.outH(h) < 1 || window.outW(w) < 1) {
      window = window(random);
    }
    int groups = random.nextInt(3) > 0 ? 1 : 1 << random.nextInt(5);
    int in = CHANNELS[random.nextInt(CHANNELS.length)];
    int out = CHANNELS[random.nextInt(CHANNELS.length)];
    boolean isDepthwise = groups > 1 && random.nextInt(3) == 0;
    if (isDepthwise) {
      groups = in;
      out = in * (1 + random.nextInt(2));
    }
    while (in % groups != 0 || out % groups != 0) {
      groups /= 2;
    }
    int n = 1 + random.nextInt(3);
    return Geometry.named(n, in, h, w, out, window, groups);
  }

  private static int extent(Random random) {
    return 1 + random.nextInt(random.nextBoolean() ? 8 : 24);
  }

  private static Window window(Random random) {
    int kernelH = 1 + random.nextInt(random.nextInt(4) == 0 ? 7 : 3);
    int kernelW = random.nextInt(3) > 0 ? kernelH : 1 + random.nextInt(5);
    int strideH = 1 + random.nextInt(random.nextBoolean() ? 2 : 5);
    int strideW = random.nextInt(3) > 0 ? strideH : 1 + random.nextInt(5);
    int dilationH = random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(3);
    int dilationW = random.nextInt(3) > 0 ? dilationH : 1 + random.nextInt(3);
    return new Window(
        kernelH,
        kernelW,
        strideH,
        strideW,
        pad(random, kernelH),
        pad(random, kernelW),
        pad(random, kernelH),
        pad(random, kernelW),
        dilationH,
        dilationW);
  }

  private static int pad(Random random, int kernel) {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(2 * kernel + 3);
      default -> kernel / 2;
    };
  }

  /** The same graph with some of its images in the order of parameters. */
  public static Graph reordered(Graph graph, long seed) {
    Random random = new Random(seed);
    List<Value> images =
        Roles.images(graph).stream()
            .filter(value -> value.dtype() != DType.I64 && random.nextInt(4) == 0)
            .toList();
    return images.isEmpty() ? graph : Roles.parameters(graph, images);
  }
}
