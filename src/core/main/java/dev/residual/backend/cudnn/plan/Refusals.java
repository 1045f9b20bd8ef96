package dev.residual.backend.cudnn.plan;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The words of cuDNN, made short: it says of each engine it asked, in many lines, which call failed
 * within which; the first line of an engine tells why.
 */
final class Refusals {
  private static final String REASON = "Reason: ";
  private static final int MOST_REASONS = 4;
  private static final int LONGEST = 300;

  private Refusals() {}

  /** The first words, and the reasons. */
  static String brief(String words) {
    int begin = words.indexOf("{\"engineId\"");
    String head = begin < 0 ? words : words.substring(0, begin);
    Set<String> reasons = new LinkedHashSet<>();
    boolean isFirst = true;
    for (String line : words.substring(head.length()).lines().toList()) {
      int reason = line.indexOf(REASON);
      if (reason < 0) {
        isFirst = true;
      } else if (isFirst) {
        reasons.add(line.substring(reason + REASON.length()));
        isFirst = false;
      }
    }
    String all =
        head.strip().replaceAll("\\s+", " ")
            + (reasons.isEmpty() ? "" : " ")
            + String.join(", ", reasons.stream().limit(MOST_REASONS).toList());
    return all.length() > LONGEST ? all.substring(0, LONGEST) + "..." : all;
  }
}
