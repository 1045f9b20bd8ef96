package dev.residual;

import dev.residual.ConvCases.Geometry;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Cases of the shapes that test suites of other projects list, in a folder that is no part of this
 * one. A line of {@code conv*.txt} and {@code deconv.txt} holds a number, where it is from, then
 * groups, images, channels in and out, heights and widths in and out, kernel, strides, padding at
 * the top, left, bottom and right, and dilations less 1; a line of {@code pool.txt} the same but
 * for groups and channels out; a line of {@code bnorm.txt} images, channels, height, width and
 * epsilon, which is not used; a line of {@code ip.txt} images, channels in and out of linear
 * layers.
 */
public final class ListedCases {
  /** Products beyond which plain loops take longer than the rest together. */
  private static final double MOST_PRODUCTS = 3e7;

  /** The same of elements. */
  private static final double MOST_ELEMENTS = 1e6;

  private ListedCases() {}

  /** All cases of a folder, but those too large and of negative padding. */
  public static List<OpCase> of(Path folder) {
    Stream<OpCase> convolutions =
        Stream.of("conv_run.txt", "conv_ggml.txt", "deconv.txt")
            .flatMap(name -> lines(folder.resolve(name), 18))
            .filter(n -> Arrays.stream(n).allMatch(number -> number >= 0))
            .map(ListedCases::geometry)
            .filter(g -> RandomCases.products(g) <= MOST_PRODUCTS)
            .flatMap(g -> Stream.concat(ConvCases.variants(g), QuantizedCases.convolutions(g)));
    Stream<OpCase> poolings =
        lines(folder.resolve("pool.txt"), 16)
            .filter(n -> Arrays.stream(n).allMatch(number -> number >= 0))
            .flatMap(n -> PoolCases.of(Shape.of(n[0], n[1], n[2], n[3]), window(n, 6)));
    Stream<OpCase> norms =
        lines(folder.resolve("bnorm.txt"), 5)
            .map(n -> Shape.of(n[0], n[1], n[2], n[3]))
            .filter(shape -> shape.elements() <= MOST_ELEMENTS)
            .flatMap(NormCases::variants);
    Stream<OpCase> linears =
        lines(folder.resolve("ip.txt"), 3)
            .filter(n -> (double) n[0] * n[1] * n[2] <= MOST_PRODUCTS)
            .flatMap(n -> DenseCases.linears(n[0], n[1], n[2]));
    return Stream.of(convolutions, poolings, norms, linears).flatMap(cases -> cases).toList();
  }

  private static Geometry geometry(int[] n) {
    return Geometry.named(n[1], n[2], n[4], n[5], n[3], window(n, 8), n[0]);
  }

  /** The window that is told from a column on: kernel, strides, padding, dilations less 1. */
  private static Window window(int[] n, int at) {
    return new Window(
        n[at],
        n[at + 1],
        n[at + 2],
        n[at + 3],
        n[at + 4],
        n[at + 5],
        n[at + 6],
        n[at + 7],
        n[at + 8] + 1,
        n[at + 9] + 1);
  }

  /** The numbers of each line, behind its own number and where it is from. */
  private static Stream<int[]> lines(Path file, int columns) {
    try {
      return Files.readAllLines(file).stream()
          .map(
              line -> {
                int[] numbers =
                    Arrays.stream(line.strip().split("\\s+"))
                        .skip(2)
                        .mapToInt(number -> number.contains(".") ? 0 : Integer.parseInt(number))
                        .toArray();
                if (numbers.length != columns) {
                  throw new IllegalArgumentException(
                      "%s: %s has %d numbers, expected %d"
                          .formatted(file, line, numbers.length, columns));
                }
                return numbers;
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
