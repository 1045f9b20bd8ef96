package dev.residual.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.bench.gpu.Programs.Ended;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramsTest {
  @TempDir Path folder;

  private Ended shell(Duration limit, String script) throws IOException {
    return new Programs(folder, folder, limit).run("shell", List.of("sh", "-c", script));
  }

  @Test
  void whatAProgramPrintsIsKept() throws IOException {
    Ended ended = shell(Duration.ofMinutes(1), "pwd; echo wrong >&2; exit 3");
    assertThat(ended.output()).isEqualTo("%s\nwrong\n".formatted(folder.toRealPath()));
    assertThat(ended.isRight()).isFalse();
    assertThat(ended.problem()).isEqualTo("exit code 3: wrong (shell.log)");
    assertThat(ended.log()).hasContent(ended.output());
  }

  @Test
  void aProgramEndsWithItsTimeAndSoDoItsChildren() throws IOException, InterruptedException {
    Ended ended = shell(Duration.ofMillis(500), "sh -c 'sleep 2; touch late' & wait");
    assertThat(ended.late()).isTrue();
    assertThat(ended.problem()).startsWith("stopped at the end of its time");
    Thread.sleep(Duration.ofMillis(2500));
    assertThat(folder.resolve("late")).doesNotExist();
  }
}
