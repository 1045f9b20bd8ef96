package dev.residual.engine.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningFileTest {
  private static final List<String> BOTH = List.of("ONEDNN", "KERNEL");

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("tuning.txt");
  }

  private static String unexpected() {
    throw new AssertionError("measured although the choice was known");
  }

  @Test
  void whatWasMeasuredOnceIsNotMeasuredAgain() {
    TuningFile first = new TuningFile(file());
    assertThat(first.choice("shape", BOTH, () -> "KERNEL")).isEqualTo("KERNEL");
    assertThat(first.choice("shape", BOTH, TuningFileTest::unexpected)).isEqualTo("KERNEL");
    TuningFile later = new TuningFile(file());
    assertThat(later.choice("shape", BOTH, TuningFileTest::unexpected)).isEqualTo("KERNEL");
  }

  @Test
  void eachOperationHasItsOwnChoice() {
    TuningFile tuning = new TuningFile(file());
    tuning.choice("one", BOTH, () -> "KERNEL");
    assertThat(tuning.choice("other", BOTH, () -> "ONEDNN")).isEqualTo("ONEDNN");
  }

  @Test
  void theFirstOfTwoProcessesDecides() {
    TuningFile slow = new TuningFile(file());
    String choice =
        slow.choice(
            "shape",
            BOTH,
            () -> {
              new TuningFile(file()).choice("shape", BOTH, () -> "ONEDNN");
              return "KERNEL";
            });
    assertThat(choice).isEqualTo("ONEDNN");
  }

  @Test
  void withoutAFileNothingIsMeasured() {
    assertThat(new TuningFile(null).choice("shape", BOTH, TuningFileTest::unexpected))
        .isEqualTo("ONEDNN");
  }

  @Test
  void withoutAPlaceToWriteTheFirstIsTaken() {
    TuningFile tuning = new TuningFile(folder.resolve("missing").resolve("tuning.txt"));
    assertThat(tuning.choice("shape", BOTH, () -> "KERNEL")).isEqualTo("ONEDNN");
  }

  @Test
  void linesThatMakeNoSenseAreIgnored() throws IOException {
    Files.write(file(), new byte[] {(byte) 0xff, '\n', '=', 'x', '\n', '\n'});
    Files.writeString(file(), "CUDNN=shape\n", java.nio.file.StandardOpenOption.APPEND);
    TuningFile tuning = new TuningFile(file());
    assertThat(tuning.choice("shape", BOTH, () -> "KERNEL")).isEqualTo("KERNEL");
  }

  @Test
  void whatIsWrongIsRememberedAndNamed() {
    TuningFile first = new TuningFile(file());
    assertThat(first.isRight("kernel on shape", false, () -> false)).isFalse();
    assertThat(first.wrong()).containsExactly("kernel on shape");
    TuningFile later = new TuningFile(file());
    assertThat(later.isRight("kernel on shape", false, TuningFileTest::untried)).isFalse();
    assertThat(new TuningFile(file()).wrong()).containsExactly("kernel on shape");
  }

  @Test
  void whatIsRightIsKeptWhereThatIsWorthALine() throws IOException {
    TuningFile first = new TuningFile(file());
    assertThat(first.isRight("small", false, () -> true)).isTrue();
    assertThat(first.isRight("small", false, TuningFileTest::untried)).isTrue();
    assertThat(file()).doesNotExist();
    assertThat(first.isRight("large", true, () -> true)).isTrue();
    assertThat(new TuningFile(file()).isRight("large", true, TuningFileTest::untried)).isTrue();
    assertThat(first.wrong()).isEmpty();
  }

  @Test
  void withoutAFileTrialsAreRunAllTheSame() {
    TuningFile tuning = new TuningFile(null);
    assertThat(tuning.isRight("kernel", true, () -> false)).isFalse();
    assertThat(tuning.wrong()).containsExactly("kernel");
  }

  @Test
  void linesThatAnotherProcessHasNotFinishedAreReadLater() throws IOException {
    TuningFile tuning = new TuningFile(file());
    Files.writeString(file(), "wrong=ker");
    assertThat(tuning.wrong()).isEmpty();
    Files.writeString(file(), "nel\n", java.nio.file.StandardOpenOption.APPEND);
    assertThat(tuning.wrong()).containsExactly("kernel");
  }

  private static boolean untried() {
    throw new AssertionError("tried although the result was known");
  }
}
