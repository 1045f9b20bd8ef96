package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Window;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SimplestWindowTest {

  @Test
  void ordinaryWindowsStayAsTheyAre() {
    for (Window window : new Window[] {Window.square(7, 2, 3), Window.square(3, 1, 1)}) {
      assertThat(SimplestWindow.of(window, 224, 224)).isEqualTo(window);
    }
  }

  @Test
  void whatMovesNothingIsOne() {
    assertThat(SimplestWindow.of(Window.square(4, 4, 0), 4, 4)).isEqualTo(Window.square(4, 1, 0));
    assertThat(SimplestWindow.of(Window.square(1, 3, 0).dilated(3), 18, 15))
        .isEqualTo(Window.square(1, 3, 0));
    assertThat(SimplestWindow.of(new Window(4, 2, 1, 2, 3, 1, 3, 1, 1, 1), 10, 1))
        .isEqualTo(new Window(4, 2, 1, 1, 3, 1, 3, 0, 1, 1));
  }

  /** Each element of the kernel meets the same element of the image, at as many positions. */
  @Test
  void theSimplestWindowSeesTheSame() {
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      int height = 1 + random.nextInt(6);
      Window window =
          new Window(
              1 + random.nextInt(3),
              1,
              1 + random.nextInt(5),
              1,
              random.nextInt(5),
              0,
              random.nextInt(5),
              0,
              1 + random.nextInt(3),
              1);
      if (window.outH(height) > 0) {
        Window simplest = SimplestWindow.of(window, height, 1);
        assertThat(simplest.outH(height)).isEqualTo(window.outH(height));
        for (int p = 0; p < window.outH(height); p++) {
          for (int k = 0; k < window.kernelH(); k++) {
            assertThat(row(simplest, p, k)).isEqualTo(row(window, p, k));
          }
        }
      }
    }
  }

  private static int row(Window window, int position, int element) {
    return position * window.strideH() - window.padTop() + element * window.dilationH();
  }
}
