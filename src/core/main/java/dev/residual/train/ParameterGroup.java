package dev.residual.train;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parameters that are trained otherwise than the rest.
 *
 * @param names of the parameters, where {@code *} stands for any characters: {@code layer4.*}
 * @param schedule of their learning rates; null for that of the rest
 * @param optimizer of their steps; null for that of the rest
 */
public record ParameterGroup(
    String names, @Nullable Schedule schedule, @Nullable Optimizer optimizer) {

  /** Whether a parameter of this name belongs to the group. */
  public boolean contains(String name) {
    return matches(names, name);
  }

  /** Whether a name fits a pattern in which {@code *} stands for any characters. */
  static boolean matches(String pattern, String name) {
    return Pattern.matches(Pattern.quote(pattern).replace("*", "\\E.*\\Q"), name);
  }
}
