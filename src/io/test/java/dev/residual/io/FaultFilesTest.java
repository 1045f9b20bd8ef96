package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.residual.io.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of weights that once failed, as far as they are beside the test data. */
class FaultFilesTest {
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private static Path file(String name) {
    Path data = TestData.path(".");
    Path file =
        Stream.of("faults", "../faults")
            .map(folder -> data.resolve(folder).resolve(name))
            .filter(Files::exists)
            .findFirst()
            .orElse(Path.of("absent"));
    assumeThat(file).exists();
    return file;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A-stackglobal-cycle.th",
        "B-stackglobal-exponential.th",
        "C-ordereddict-again.pth",
        "C2-ordereddict-memory.pth",
        "N-none-append.th",
        "N-none-appends.th",
        "N-none-setitem.th",
        "N-none-setitems.th"
      })
  void areRefused(String name) {
    Path file = file(name);

    assertTimeoutPreemptively(
        LONGEST,
        () ->
            assertThatIOException()
                .isThrownBy(() -> WeightFile.read(file))
                .withMessageStartingWith(file + ": ")
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "tutorial.pth     | took 2 tensors of 'model_state_dict'; left aside 'epoch',"
            + " 'optimizer_state_dict', 'loss'",
        "net-key.pth      | took 2 tensors of 'net'; left aside 'acc', 'epoch'",
        "namespace.pth    | took 2 tensors of 'model'; left aside 'epoch', 'args'"
            + " (argparse.Namespace)",
        "numpy-scalar.pth | took 2 tensors of 'state_dict'; left aside 'best_acc'"
            + " (numpy._core.multiarray.scalar)",
        "defaultdict.pth  | took 2 tensors of 'state_dict'; left aside 'history'"
            + " (collections.defaultdict)",
        "multistep.pth    | took 2 tensors of 'state_dict'; left aside 'epoch', 'optimizer',"
            + " 'scheduler'",
        "checkpoint.pth.tar | took 2 tensors of 'state_dict'; left aside 'epoch'",
        "bool-tensor.safetensors | took 2 tensors; left aside 'flag' (BOOL)",
        "empty-tensor.safetensors | took 2 tensors; left aside 'empty' (no elements)",
      })
  void giveTheTwoTensorsOfAConvolution(String name, String note) throws IOException {
    WeightFile read = WeightFile.read(file("users/" + name));

    assertThat(read.weights().tensors()).containsOnlyKeys("conv1.weight", "conv1.bias");
    assertThat(read.notes()).containsExactly(note);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain-ok.pth", "compiled.pth", "ddp-compiled.pth", "averaged.pth"})
  void giveTheTensorsOfAResNet(String name) throws IOException {
    List<String> expected = Files.readAllLines(file("users/resnet20-names.txt"));

    List<String> found = new ArrayList<>();
    WeightFile.read(file("users/" + name))
        .weights()
        .tensors()
        .forEach(
            (tensor, value) ->
                found.add(
                    Stream.concat(
                            Stream.of(tensor),
                            IntStream.range(0, value.shape().rank())
                                .mapToObj(i -> String.valueOf(value.shape().dim(i))))
                        .collect(Collectors.joining(" "))));
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = "torchscript.pt")
  void giveTheTensorsOfTorchScript(String name) throws IOException {
    assertThat(WeightFile.read(file("users/" + name)).weights().tensors())
        .containsOnlyKeys("fc.weight", "fc.bias");
  }
}
