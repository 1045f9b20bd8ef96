package dev.residual;

import dev.residual.ConvCases.Geometry;
import dev.residual.graph.Window;
import java.util.List;

/**
 * Convolutions that an implementation of oneDNN computes wrongly in one type or another, or ends
 * the process with: windows over padding alone, strides and dilations that move nothing.
 */
final class OddWindows {
  private OddWindows() {}

  static final List<Geometry> GEOMETRIES =
      List.of(
          odd(1, 1, 1, 4, 2, new Window(1, 1, 1, 5, 0, 6, 0, 1, 1, 1), 1),
          odd(1, 64, 1, 1, 64, new Window(1, 1, 1, 2, 0, 1, 0, 1, 1, 2), 1),
          odd(1, 31, 8, 1, 5, new Window(3, 1, 3, 2, 0, 1, 2, 1, 1, 2), 1),
          odd(2, 24, 11, 1, 16, new Window(1, 1, 2, 2, 1, 1, 1, 1, 2, 2), 8),
          odd(1, 16, 4, 4, 16, Window.square(4, 4, 0), 1),
          odd(1, 32, 4, 4, 16, Window.square(4, 4, 0), 1),
          odd(3, 1, 16, 4, 17, new Window(4, 2, 1, 3, 3, 0, 3, 0, 1, 1), 1),
          odd(2, 8, 19, 2, 8, new Window(2, 5, 1, 2, 0, 1, 1, 3, 1, 1), 8),
          odd(3, 7, 18, 15, 5, Window.square(1, 3, 0).dilated(3), 1),
          odd(1, 64, 17, 1, 3, Window.square(2, 2, 1).dilated(2), 1),
          odd(2, 1, 1, 4, 3, new Window(1, 2, 1, 5, 0, 0, 0, 0, 1, 1), 1),
          odd(2, 1, 2, 2, 4, new Window(3, 3, 3, 3, 0, 0, 1, 1, 1, 1), 1),
          odd(1, 5, 65, 1, 4, Window.square(1, 2, 1).dilated(2), 1),
          odd(2, 3, 64, 1, 16, Window.square(1, 2, 1).dilated(2), 1),
          odd(1, 1, 10, 1, 3, new Window(4, 2, 1, 2, 3, 1, 3, 1, 1, 1), 1),
          odd(2, 16, 5, 4, 8, new Window(2, 4, 1, 4, 0, 0, 0, 0, 1, 1), 1),
          odd(1, 32, 9, 1, 1, Window.square(2, 1, 1).dilated(2), 1),
          odd(1, 24, 40, 40, 24, Window.square(3, 1, 2).dilated(2), 1),
          odd(3, 96, 12, 18, 96, new Window(2, 2, 7, 7, 0, 5, 5, 0, 3, 3), 32),
          odd(1, 1, 8, 1, 1, new Window(3, 3, 1, 2, 1, 1, 1, 1, 1, 1), 1),
          odd(2, 2, 1, 2, 80, new Window(2, 2, 1, 1, 1, 0, 0, 1, 1, 1), 2),
          odd(2, 17, 7, 10, 16, new Window(6, 6, 4, 4, 0, 3, 0, 0, 1, 1), 1),
          odd(1, 15, 8, 10, 5, new Window(1, 1, 1, 2, 0, 0, 0, 0, 1, 3), 1));

  private static Geometry odd(int n, int i, int h, int w, int o, Window window, int groups) {
    return Geometry.named(n, i, h, w, o, window, groups);
  }
}
