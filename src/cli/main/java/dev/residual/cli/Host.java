package dev.residual.cli;

import dev.residual.cli.output.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What Linux tells about processor and memory; "unknown" elsewhere.
 *
 * @param processor the model
 * @param flags those of the processor's instruction sets that matter here
 * @param quota the limit of a container on processor time, in words
 * @param memory what there is, in words
 */
record Host(String processor, List<String> flags, String quota, String memory) {
  private static final String UNKNOWN = "unknown";
  private static final Set<String> FLAGS =
      Set.of(
          "sse4_1",
          "avx",
          "avx2",
          "fma",
          "f16c",
          "avx_vnni",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512dq",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_bf16",
          "amx_int8",
          "amx_fp16");

  static Host current() {
    List<String> cpu = lines("/proc/cpuinfo");
    return new Host(
        value(cpu, "model name"),
        Arrays.stream(value(cpu, "flags").split(" ")).filter(FLAGS::contains).toList(),
        quota(lines("/sys/fs/cgroup/cpu.max")),
        memory(lines("/proc/meminfo"), lines("/sys/fs/cgroup/memory.max")));
  }

  /** The limit in the words of {@code cpu.max}: microseconds of time in microseconds. */
  static String quota(List<String> cpuMax) {
    if (!cpuMax.isEmpty()) {
      String[] numbers = cpuMax.getFirst().split(" ");
      if (numbers.length == 2 && numbers[0].matches("\\d+") && numbers[1].matches("[1-9]\\d*")) {
        double cores = Double.parseDouble(numbers[0]) / Double.parseDouble(numbers[1]);
        return Text.format("a cgroup limit of %.2f cores", cores);
      }
    }
    return "no cgroup limit";
  }

  static String memory(List<String> meminfo, List<String> memoryMax) {
    String limit =
        !memoryMax.isEmpty() && memoryMax.getFirst().matches("\\d{1,18}")
            ? "a cgroup limit of " + Text.bytes(Long.parseLong(memoryMax.getFirst()))
            : "no cgroup limit";
    return "%s, %s available, %s"
        .formatted(kibibytes(meminfo, "MemTotal"), kibibytes(meminfo, "MemAvailable"), limit);
  }

  /** The OpenMP libraries that are loaded into this process. */
  static List<String> openMpRuntimes() {
    return lines("/proc/self/maps").stream()
        .filter(line -> line.indexOf('/') >= 0)
        .map(line -> line.substring(line.indexOf('/')))
        .filter(file -> file.matches(".*/lib(gomp|iomp5|omp)[^/]*\\.so[^/]*"))
        .distinct()
        .toList();
  }

  private static String kibibytes(List<String> meminfo, String name) {
    String digits = value(meminfo, name).replaceAll("\\D", "");
    return digits.isEmpty() ? UNKNOWN : Text.bytes(Long.parseLong(digits) * 1024);
  }

  private static String value(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(UNKNOWN);
  }

  private static List<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file));
    } catch (IOException e) {
      return List.of();
    }
  }
}
