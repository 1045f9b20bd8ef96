package dev.residual.bench.gpu;

import dev.residual.bench.gpu.Programs.Ended;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tests under compute-sanitizer, which watches every access to the memory of the GPU.
 *
 * @param program a path, or a name to look for
 */
record SanitizerPart(String program, TestPart tests) implements Part {
  private static final Pattern SUMMARY = Pattern.compile("ERROR SUMMARY: (\\d+) errors?");

  @Override
  public String name() {
    return "sanitizer";
  }

  @Override
  public Duration limit() {
    return tests.limit();
  }

  @Override
  public Finding run(Programs programs) throws IOException {
    Optional<Path> found = find();
    if (found.isEmpty()) {
      return Finding.skipped("there is no " + program + " on the PATH or in /usr/local/cuda/bin");
    }
    List<String> command = new ArrayList<>();
    command.add(found.get().toString());
    command.addAll(List.of("--tool", "memcheck", "--target-processes", "all"));
    command.addAll(List.of("--error-exitcode", "99"));
    command.addAll(tests.command());
    Ended ended = programs.run(name(), command);
    if (ended.output().contains("Device not supported")) {
      return Finding.skipped(
          "compute-sanitizer does not support this device or its virtual machine");
    }
    TestCounts counts = TestCounts.of(ended.output());
    Matcher summary = SUMMARY.matcher(ended.output());
    if (!summary.find()) {
      return Finding.failed(counts + ", and no summary of errors; " + ended.problem());
    }
    boolean isRight = ended.isRight() && counts.areRight() && summary.group(1).equals("0");
    return Finding.of(
        isRight,
        "%s, memory errors: %s%s"
            .formatted(counts, summary.group(1), isRight ? "" : "; " + ended.problem()));
  }

  private Optional<Path> find() {
    if (program.contains("/")) {
      return Optional.of(Path.of(program).toAbsolutePath()).filter(Files::isExecutable);
    }
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator)), Stream.of("/usr/local/cuda/bin"))
        .filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
