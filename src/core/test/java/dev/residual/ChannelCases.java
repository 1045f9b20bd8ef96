package dev.residual;

import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Graph;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The rows of operations that move elements: reshape, concat, the parameter-free shortcut. */
final class ChannelCases {
  private ChannelCases() {}

  static Stream<OpCase> all() {
    return Stream.of(
            Stream.of(
                reshape(Shape.of(2, 5, 3, 4), Shape.of(2, 60)),
                reshape(Shape.of(3, 16, 1, 1), Shape.of(3, 16)),
                reshape(Shape.of(2, 60), Shape.of(2, 5, 4, 3)),
                reshape(Shape.of(2, 6, 4, 4), Shape.of(4, 3, 2, 8)),
                reshape(Shape.of(1), Shape.SCALAR)),
            Stream.of(new int[] {3, 5, 2}, new int[] {16, 32, 16}, new int[] {4})
                .flatMap(ChannelCases::concats),
            Stream.of(
                    new Shortcut(Shape.of(2, 16, 8, 8), 32, 2),
                    new Shortcut(Shape.of(2, 5, 7, 9), 8, 2),
                    new Shortcut(Shape.of(1, 3, 4, 5), 7, 1),
                    new Shortcut(Shape.of(2, 3, 7, 8), 3, 3))
                .flatMap(ChannelCases::shortcuts))
        .flatMap(cases -> cases);
  }

  private static OpCase reshape(Shape from, Shape to) {
    return new OpCase(
        "reshape " + from + " to " + to,
        1,
        t -> {
          Values values = new Values(t);
          return Graph.of(
              new Reshape(values.input("src", from.dims()), values.activation("dst", to)));
        });
  }

  private static Stream<OpCase> concats(int... channels) {
    String name = Arrays.toString(channels);
    Shape whole = Shape.of(2, Arrays.stream(channels).sum(), 3, 5);
    return Stream.of(
        new OpCase(
            "concat " + name,
            1,
            t -> {
              Values values = new Values(t);
              List<Value> srcs =
                  IntStream.range(0, channels.length)
                      .mapToObj(i -> values.input("src" + i, 2, channels[i], 3, 5))
                      .toList();
              return Graph.of(new Concat(srcs, values.activation("dst", whole)));
            }),
        new OpCase(
            "concat backward " + name,
            1,
            t -> {
              Values values = new Values(t);
              List<Value> diffSrcs =
                  IntStream.range(0, channels.length)
                      .mapToObj(i -> values.activation("diffSrc" + i, 2, channels[i], 3, 5))
                      .toList();
              return Graph.of(new ConcatBackward(values.input("diffDst", whole.dims()), diffSrcs));
            }));
  }

  private record Shortcut(Shape src, int channels, int stride) {

    @Override
    public String toString() {
      return src + " to " + channels + " channels, stride " + stride;
    }
  }

  private static Stream<OpCase> shortcuts(Shortcut s) {
    return Stream.of(
        new OpCase(
            "zero-pad shortcut " + s,
            1,
            t -> {
              Values values = new Values(t);
              Value src = values.input("src", s.src.dims());
              Shape dst = ZeroPadShortcut.dstShape(src, s.channels, s.stride);
              return Graph.of(new ZeroPadShortcut(src, values.activation("dst", dst), s.stride));
            }),
        new OpCase(
            "zero-pad shortcut backward " + s,
            1,
            t -> {
              Values values = new Values(t);
              Value diffSrc = values.activation("diffSrc", s.src);
              Shape dst = ZeroPadShortcut.dstShape(diffSrc, s.channels, s.stride);
              return Graph.of(
                  new ZeroPadShortcutBackward(
                      values.input("diffDst", dst.dims()), diffSrc, s.stride));
            }));
  }
}
