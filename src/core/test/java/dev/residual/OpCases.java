package dev.residual;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The table of operations with their shapes: the contract of every backend, the gradient check, the
 * support matrix and the parameters of benchmarks.
 *
 * <p>Every operation has rows: odd sizes, strides, padding, dilation, groups, batch 1, channels
 * that are and are not multiples of a vector, fused epilogues, backward passes.
 */
public final class OpCases {
  private static final List<OpCase> ALL =
      Stream.of(
              ConvCases.all(),
              NormCases.all(),
              QuantizedCases.all(),
              PoolCases.all(),
              DenseCases.all(),
              ElementCases.all(),
              UpdateCases.all(),
              FunctionCases.all(),
              MovementCases.all(),
              ChannelCases.all(),
              ExchangeCases.all(),
              NetCases.all())
          .flatMap(cases -> cases)
          .toList();

  private OpCases() {}

  /** All rows. */
  public static List<OpCase> all() {
    return ALL;
  }

  /** All rows but those of windows that implementations fail on. */
  public static Stream<OpCase> usual() {
    Set<String> odd = oddWindows().map(OpCase::name).collect(Collectors.toSet());
    return ALL.stream().filter(row -> !odd.contains(row.name()));
  }

  /** The rows of windows that implementations fail on. */
  public static Stream<OpCase> oddWindows() {
    return OddWindows.GEOMETRIES.stream()
        .flatMap(g -> Stream.concat(ConvCases.variants(g), QuantizedCases.convolutions(g)));
  }

  /**
   * The row of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static OpCase named(String name) {
    return ALL.stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no case is named " + name));
  }
}
