package dev.residual.bindings;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_pooling;
import java.util.ArrayList;
import java.util.List;

/** Calls of the pooling kernels, with windows that reach over all edges. */
final class PoolingCases {

  private record Window(int kernel, int stride, int pad, int dilation) {
    int positions(int extent) {
      return (extent + 2 * pad - (kernel - 1) * dilation - 1) / stride + 1;
    }
  }

  private static final int HEIGHT = 9;
  private static final int WIDTH = 7;

  private PoolingCases() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    Window[] windows = {
      new Window(3, 2, 1, 1), new Window(2, 3, 0, 1), new Window(3, 1, 2, 2), new Window(7, 1, 3, 1)
    };
    // Channels that fill four vectors of 16 or 8 floats, one, or none.
    for (int channels : new int[] {1, 5, 8, 16, 27, 64, 67, 131}) {
      for (int dtype : new int[] {Residual.RESIDUAL_F32(), Residual.RESIDUAL_BF16()}) {
        for (Window window : windows) {
          max(cases, window, channels, dtype, false);
          max(cases, window, channels, dtype, true);
          average(cases, window, channels, dtype);
        }
      }
    }
    return cases;
  }

  /** With places that are not kept, or in bytes; or, of large kernels, in integers. */
  private static void max(
      List<KernelCase> cases, Window window, int channels, int dtype, boolean places) {
    int bytes = window.kernel > 3 ? 4 : 1;
    long results = elements(window.positions(HEIGHT), window.positions(WIDTH), channels);
    String name = places ? "max pooling, places" : "max pooling";
    KernelCase forward =
        pooling(cases, name, Residual.RESIDUAL_MAX_POOLING(), window, channels, dtype)
            .number("workspace_bytes", bytes);
    if (places) {
      KernelCase backward =
          pooling(
                  cases,
                  "max pooling backward",
                  Residual.RESIDUAL_MAX_POOLING_BACKWARD(),
                  window,
                  channels,
                  dtype)
              .number("workspace_bytes", bytes);
      for (KernelCase each : List.of(forward, backward)) {
        if (bytes == 4) {
          each.zeros("workspace", results);
        } else {
          each.bytes("workspace", results);
        }
      }
    }
  }

  private static void average(List<KernelCase> cases, Window window, int channels, int dtype) {
    pooling(cases, "average pooling", Residual.RESIDUAL_AVERAGE_POOLING(), window, channels, dtype)
        .number("include_padding", 0);
    pooling(
            cases,
            "average pooling backward",
            Residual.RESIDUAL_AVERAGE_POOLING_BACKWARD(),
            window,
            channels,
            dtype)
        .number("include_padding", channels % 2);
  }

  private static KernelCase pooling(
      List<KernelCase> cases, String name, int kernel, Window window, int channels, int dtype) {
    KernelCase added =
        new KernelCase(
                name + " of " + channels + ", " + window + KernelCases.suffix(dtype),
                kernel,
                residual_pooling.layout())
            .elements("src", dtype, elements(HEIGHT, WIDTH, channels))
            .elements(
                "dst", dtype, elements(window.positions(HEIGHT), window.positions(WIDTH), channels))
            .number("images", 2)
            .number("height", HEIGHT)
            .number("width", WIDTH)
            .number("channels", channels)
            .number("out_height", window.positions(HEIGHT))
            .number("out_width", window.positions(WIDTH))
            .number("kernel_h", window.kernel)
            .number("kernel_w", window.kernel)
            .number("stride_h", window.stride)
            .number("stride_w", window.stride)
            .number("pad_top", window.pad)
            .number("pad_left", window.pad)
            .number("dilation_h", window.dilation)
            .number("dilation_w", window.dilation)
            .number("dtype", dtype)
            .number("threads", 3);
    cases.add(added);
    return added;
  }

  private static long elements(int height, int width, int channels) {
    return 2L * height * width * channels;
  }
}
