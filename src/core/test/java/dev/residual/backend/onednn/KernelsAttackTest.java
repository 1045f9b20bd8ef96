package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.residual.ListedCases;
import dev.residual.OpCase;
import dev.residual.RandomCases;
import dev.residual.RandomInputs;
import dev.residual.ReferenceComparison;
import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random operations on integers, whose results are exact: a few in each build, many in {@code make
 * attack}.
 *
 * <p>{@code -Dresidual.attack.cases} says how many, {@code -Dresidual.attack.seed} which is first,
 * {@code -Dresidual.attack.log} a file that names each before it runs, for the end of a process;
 * {@code -Dresidual.attack.untried=true} shows what is wrong that trials keep from being used.
 */
@ExtendWith(HeldInstructions.class)
class KernelsAttackTest {
  private static final int CASES = Integer.getInteger("residual.attack.cases", 400);
  private static final long FIRST = Long.getLong("residual.attack.seed", 1);
  private static final String LOG = System.getProperty("residual.attack.log", "");
  private static final int MOST_FAILURES = 20;

  /** The size of what norms sum: of one channel or two a mean is 0 sooner or later. */
  private static final double USUAL = 1;

  private static final Safeguards SAFEGUARDS =
      new Safeguards(true, true, !Boolean.getBoolean("residual.attack.untried"), 0);

  private final List<String> failures = new ArrayList<>();
  private int unsupported;

  @Test
  void randomOperationsEqualTheReference() throws IOException {
    for (long seed = FIRST; seed < FIRST + CASES && failures.size() < MOST_FAILURES; seed++) {
      Random random = new Random(seed);
      int kind = random.nextInt(8);
      boolean isNorm = kind == 0;
      OpCase row =
          isNorm
              ? RandomCases.norm(seed)
              : kind == 1 ? RandomCases.pooling(seed) : RandomCases.convolution(seed);
      run(seed, random, row, isNorm);
    }
    assertThat(failures).isEmpty();
    assertThat(unsupported).as("cases that are not supported").isLessThan(CASES / 2);
  }

  /** Shapes that others found worth a test, each in some order, with some type. */
  @Test
  void listedShapesEqualTheReference() throws IOException {
    List<OpCase> rows = new ArrayList<>(ListedCases.of(suites()));
    Collections.shuffle(rows, new Random(FIRST));
    int count = Math.min(rows.size(), Math.max(CASES / 40, 1));
    for (int i = 0; i < count && failures.size() < MOST_FAILURES; i++) {
      OpCase row = rows.get(i);
      run(FIRST + i, new Random(FIRST + i), row, row.name().startsWith("bn"));
    }
    assertThat(failures).isEmpty();
    assertThat(unsupported).as("cases that are not supported").isLessThan(count);
  }

  private static Path suites() {
    String property = System.getProperty("residual.suites", "");
    if (!property.isBlank()) {
      return Path.of(property);
    }
    Path start = Path.of("").toAbsolutePath();
    for (Path path = start; path != null; path = path.getParent()) {
      if (Files.isDirectory(path.resolve("shared/suites"))) {
        return path.resolve("shared/suites");
      }
    }
    return abort(
        "shapes of other suites are absent: the property residual.suites gives their folder");
  }

  private void run(long seed, Random random, OpCase row, boolean isNorm) throws IOException {
    DType dtype = random.nextInt(3) > 0 && OneDnnRuntime.hasBf16() ? DType.BF16 : DType.F32;
    KernelSettings settings = settings(random);
    Graph graph = RandomCases.reordered(row.graph(dtype), seed);
    String what = "seed %d, %s, %s, %s".formatted(seed, dtype, row, settings.convolutions());
    if (!LOG.isEmpty()) {
      Files.writeString(Path.of(LOG), what);
    }
    try {
      Map<Value, Tensor> inputs =
          isNorm ? RandomInputs.of(graph, seed) : RandomInputs.integers(graph, seed);
      new ReferenceComparison(
              row, dtype, inputs, tolerance(row, dtype, settings), isNorm ? USUAL : 0)
          .require(graph, g -> OneDnnTarget.compile(g, settings));
    } catch (UnsupportedOpException e) {
      unsupported++;
    } catch (AssertionError | RuntimeException e) {
      failures.add(what + ": " + e);
    }
  }

  private static KernelSettings settings(Random random) {
    boolean kernels = KernelLibrary.isAvailable() && random.nextInt(8) > 0;
    Set<Algorithm> algorithms =
        switch (random.nextInt(6)) {
          case 0 -> EnumSet.allOf(Algorithm.class);
          case 1, 2 -> Set.of(Algorithm.DIRECT);
          default -> Set.of(Algorithm.ONEDNN);
        };
    return new KernelSettings(1 + random.nextInt(3), kernels, algorithms).with(SAFEGUARDS);
  }

  /** Sums of products of small integers are exact, and then rounded once. */
  private static double tolerance(OpCase row, DType dtype, KernelSettings settings) {
    boolean isExact =
        row.name().startsWith("conv")
            && row.graph(dtype).ops().stream().noneMatch(op -> op.kind().startsWith("Quant"))
            && settings.convolutions().size() == 1;
    return isExact ? 0 : row.tolerance(dtype);
  }
}
