package dev.residual.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the process of a benchmark tells the one that started it beside the times: one line of JSON
 * each in the file that a property names. Without the property nothing is told.
 */
public final class Notes {
  /** The property that names the file. */
  public static final String FILE = "residual.bench.notes";

  /** The member that holds the reason why there are no times. */
  public static final String ABSENT = "absent";

  /** The member that describes the framework. */
  public static final String FRAMEWORK = "framework";

  /** The member for the peak of resident memory, in mebibytes. */
  public static final String PEAK_MEMORY = "peakResidentMebibytes";

  /** The member for the memory of the GPU that buffers take, in mebibytes. */
  public static final String DEVICE_MEMORY = "deviceMebibytes";

  /** The member for the sum of the best times of all convolutions, in milliseconds. */
  public static final String LIMIT = "convolutionLimitMilliseconds";

  private Notes() {}

  static void write(BenchmarkParams params, String name, Object value) {
    String file = System.getProperty(FILE);
    if (file == null) {
      return;
    }
    Map<String, Object> note = new LinkedHashMap<>();
    note.put("benchmark", name(params));
    note.put("params", params(params));
    note.put("name", name);
    note.put("value", value);
    try {
      Files.writeString(
          Path.of(file),
          JsonMapper.shared().writeValueAsString(note) + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The class and method without the package. */
  public static String name(BenchmarkParams params) {
    return params.getBenchmark().replaceFirst("^.*\\.(\\w+\\.\\w+)$", "$1");
  }

  /** The parameters by name, in the order of the alphabet. */
  public static Map<String, String> params(BenchmarkParams params) {
    Map<String, String> map = new TreeMap<>();
    params.getParamsKeys().forEach(key -> map.put(key, params.getParam(key)));
    return map;
  }

  /** The peak of this process's resident memory, if the system tells. */
  static @Nullable Double peakMemory() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) {
          return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
        }
      }
    } catch (IOException e) {
      // Not Linux.
    }
    return null;
  }
}
