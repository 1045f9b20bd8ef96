package dev.residual.io;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of real weights and images, which is no part of the project: {@code shared/data}
 * beside the checkout, or where the system property {@code residual.testdata} points.
 */
public final class TestData {
  private TestData() {}

  /**
   * A file or folder of the test data. Where it is absent the test is skipped, or fails if the
   * environment has {@code CI=true}.
   */
  public static Path path(String name) {
    Path folder = folder();
    Path path = folder.resolve(name);
    if (Files.exists(path)) {
      return path;
    }
    String reason =
        "test data are absent: %s; the property residual.testdata gives their folder"
            .formatted(path);
    if ("true".equals(System.getenv("CI"))) {
      fail(reason);
    }
    return abort(reason);
  }

  private static Path folder() {
    String property = System.getProperty("residual.testdata", "");
    if (!property.isBlank()) {
      return Path.of(property);
    }
    Path start = Path.of("").toAbsolutePath();
    for (Path path = start; path != null; path = path.getParent()) {
      Path data = path.resolve("shared/data");
      if (Files.isDirectory(data)) {
        return data;
      }
    }
    return start.resolve("../shared/data");
  }
}
