package dev.residual.bench.report;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The program that says whether two files of results differ beyond noise. */
public final class Comparison {
  /** Below this probability of chance, a difference counts. */
  private static final double SIGNIFICANT = 0.01;

  /** Smaller differences of medians are those of memory layout and temperature. */
  private static final double RELEVANT = 0.02;

  private Comparison() {}

  /** Compares; exits with 2 on wrong use. */
  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("usage: bench/compare A.json B.json");
      System.exit(2);
    }
    try {
      print(Results.read(Path.of(args[0])), Results.read(Path.of(args[1])), System.out);
    } catch (RuntimeException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  static void print(Results a, Results b, PrintStream out) {
    if (!a.machine().isLike(b.machine())) {
      out.printf("machines differ:%n  %s%n  %s%n", a.machine().hardware(), b.machine().hardware());
    }
    Map<String, Outcome> first =
        a.outcomes().stream().collect(Collectors.toMap(Outcome::key, Function.identity()));
    int compared = 0;
    for (Outcome after : b.outcomes()) {
      Outcome before = first.get(after.key());
      if (before != null && !before.samples().isEmpty() && !after.samples().isEmpty()) {
        compared++;
        out.printf(
            Locale.ROOT,
            "%-40s %10.4g -> %10.4g %s  %s%n",
            verdict(before, after),
            before.median(),
            after.median(),
            after.unit(),
            after.key());
      }
    }
    out.printf("%d compared, %d only in one file%n", compared, alone(a, b) + alone(b, a));
  }

  /** In words: faster, slower, or no difference beyond noise. */
  static String verdict(Outcome before, Outcome after) {
    double probability = MannWhitney.probability(before.array(), after.array());
    double change = before.median() / after.median();
    if (probability >= SIGNIFICANT || Math.abs(change - 1) < RELEVANT) {
      return String.format(Locale.ROOT, "same    x%.3f (p = %.2g)", change, probability);
    }
    return String.format(
        Locale.ROOT, "%s  x%.3f (p = %.2g)", change > 1 ? "FASTER" : "SLOWER", change, probability);
  }

  private static long alone(Results some, Results others) {
    var keys = others.outcomes().stream().map(Outcome::key).collect(Collectors.toSet());
    return some.outcomes().stream().filter(outcome -> !keys.contains(outcome.key())).count();
  }
}
