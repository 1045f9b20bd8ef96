package dev.residual.io.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WrapperNamesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      value = {
        "module.a module.b > a b",
        "_orig_mod.a _orig_mod.b > a b",
        "module._orig_mod.a module._orig_mod.b > a b",
        "_orig_mod.module._orig_mod.module.a > a",
        "model.a.x model.b > a.x b",
        "net.a net.b > a b",
        "backbone.a backbone.b > a b",
        "model.module.a model.module.b > a b",
        "_orig_mod._orig_mod.a > a",
        "backbone._orig_mod.a fc.b > backbone.a fc.b",
        "n_averaged module.a module.b > a b",
        "module.n_averaged module.module.a > a",
        "module.a b > module.a b",
        "module.a a > module.a a",
        "model.a net.b > model.a net.b",
        "a _orig_mod.a > a _orig_mod.a",
        "module. module.a > module. module.a",
        "modules.a modules.b > modules.a modules.b",
        "a_orig_mod.b > a_orig_mod.b",
        "n_averaged > n_averaged",
        "n_averaged a > n_averaged a",
      })
  void stripsWhatAllNamesHave(String names, String expected) {
    assertThat(String.join(" ", strip(names.split(" ")).keySet())).isEqualTo(expected);
  }

  @Test
  void keepsEachTensorAtItsName() {
    SequencedMap<String, String> stripped = strip("module.b", "n_averaged", "module.a");

    assertThat(stripped).containsExactly(Map.entry("b", "module.b"), Map.entry("a", "module.a"));
  }

  @Test
  void endsWithEndlessPrefixes() {
    String endless = "module.".repeat(5000) + "_orig_mod.".repeat(5000) + "a";

    assertThat(strip(endless)).hasSize(1).containsValue(endless);
  }

  /** Each tensor is the name that it had. */
  private static SequencedMap<String, String> strip(String... names) {
    SequencedMap<String, String> tensors = new LinkedHashMap<>();
    Arrays.stream(names).forEach(name -> tensors.put(name, name));
    return WrapperNames.strip(tensors);
  }
}
