package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.onednn.ProbeJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Plans of the real cuDNN, where it is installed; a GPU is not needed, and no driver. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class InstalledCudnnTest {
  private static final String PLAN = "engine \\d+( \\d+:-?\\d+)*, workspace [\\d,]+ bytes";
  private static final PlanGraphs GRAPHS = new PlanGraphs(ElementType.HALF, 8, 8, 8);

  /** What a run of the probe says, by name; skips the test where there is no cuDNN. */
  private static Map<String, String> probe(String... arguments) throws Exception {
    Map<String, String> answers = new LinkedHashMap<>();
    ProbeJvm.run(PlanProbe.class, List.of(), arguments)
        .lines()
        .map(line -> line.split(": ", 2))
        .filter(words -> words.length == 2)
        .forEach(words -> answers.put(words[0], words[1]));
    String library = answers.getOrDefault("library", "nothing");
    assumeTrue(
        library.startsWith("cuDNN "), library + ", in the python that RESIDUAL_PYTHON names");
    return answers;
  }

  @Test
  void eachPatternOfResidualNetworksHasAPlan() throws Exception {
    Map<String, String> plans = probe("h100", "plan");
    for (String type : new String[] {"half", "bfloat16", "float"}) {
      havePlans(plans, type, GRAPHS.convolutions().keySet());
      Set<String> fusions = new java.util.TreeSet<>(GRAPHS.fusions().keySet());
      if (type.equals("float")) {
        // They are summed by tensor cores, which do not multiply floats.
        fusions.remove("statistics");
        assertThat(plans.get("float statistics")).contains("it rounds floats to TF32");
      }
      havePlans(plans, type, fusions);
    }
    havePlans(plans, "half", GRAPHS.mainLoops().keySet());
    for (String name : GRAPHS.mainLoops().keySet()) {
      assertThat(plans.get("bfloat16 " + name))
          .as(name)
          .startsWith("no engine takes the graph: ")
          .contains("CUDNN_DATA_HALF");
    }
    assertThat(plans.get("odd channels"))
        .startsWith("no engine takes the graph: heuristics A know none ")
        .contains("elements_per_ldg");
    assertThat(plans.get("statistics alone")).startsWith("no engine takes the graph: ");
  }

  private static void havePlans(Map<String, String> plans, String type, Set<String> names) {
    for (String name : names) {
      assertThat(plans.get(type + " " + name)).as(type + " " + name).matches(PLAN + ".*");
    }
  }

  @Test
  void whatIsOnFileIsMadeAgainWithoutHeuristics(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("choices.txt");
    Map<String, String> plans = probe("h100", "file", file.toString());
    assertThat(plans.get("first")).matches(PLAN).isEqualTo(plans.get("again"));
    // Heuristics prefer another, and lines of the file that say nothing are passed over.
    assertThat(plans.get("kept")).startsWith("engine 1, ").isNotEqualTo(plans.get("first"));
    assertThat(Files.readAllLines(file))
        .hasSize(4)
        .first()
        .asString()
        .matches("engine [\\d: -]+=t3:half\\[32,64,56,56\\] = ConvolutionForward\\(.*");
  }

  @Test
  void settingsExcludePlans() throws Exception {
    Map<String, String> plans = probe("h100", "settings");
    assertThat(plans.get("small forward")).endsWith("workspace 0 bytes");
    assertThat(plans.get("small norm"))
        .startsWith("none of ")
        .contains("is over the limit of 0");
    assertThat(plans.get("repeatable")).matches(PLAN);
    assertThat(plans.get("tf32")).matches(PLAN);
  }
}
