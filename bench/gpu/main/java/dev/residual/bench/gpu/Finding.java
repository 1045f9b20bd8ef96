package dev.residual.bench.gpu;

import java.util.List;
import java.util.Map;

/**
 * What a part found.
 *
 * @param summary one line: counts, or why it failed or was not possible
 * @param rows figures by name, the same names in each row
 */
record Finding(Status status, String summary, List<Map<String, Object>> rows) {

  /** How it went. */
  enum Status {
    PASSED,
    FAILED,
    /** Not possible here. */
    SKIPPED
  }

  /** Copies the list. */
  Finding {
    rows = List.copyOf(rows);
  }

  static Finding of(boolean isRight, String summary) {
    return new Finding(isRight ? Status.PASSED : Status.FAILED, summary, List.of());
  }

  static Finding failed(String summary) {
    return of(false, summary);
  }

  static Finding skipped(String reason) {
    return new Finding(Status.SKIPPED, reason, List.of());
  }

  Finding withRows(List<Map<String, Object>> figures) {
    return new Finding(status, summary, figures);
  }
}
