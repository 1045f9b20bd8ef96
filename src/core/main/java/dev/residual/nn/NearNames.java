package dev.residual.nn;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The names that may be meant by one that is not known. */
public final class NearNames {
  private static final int MOST = 3;

  private NearNames() {}

  /**
   * The three known names that are nearest to a given one, or all, if there are fewer. Names that
   * go on from the given one come first, as resnet20-cifar for resnet20.
   */
  public static List<String> of(String name, Collection<String> known) {
    return known.stream()
        .sorted(
            Comparator.comparing((String each) -> !(each + "-").startsWith(name + "-"))
                .thenComparing(each -> !each.startsWith(name))
                .thenComparingInt(each -> editDistance(name, each)))
        .limit(MOST)
        .toList();
  }

  /** The least number of insertions, deletions and replacements (Levenshtein). */
  static int editDistance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
