package dev.residual;

import dev.residual.ConvCases.Geometry;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows of 8-bit integers, which are the same for every floating type but F64 sources. */
final class QuantizedCases {
  /** Such that results spread over the range and some exceed it. */
  private static final double SRC = 0.013;

  private static final double ADD = 0.21;

  private QuantizedCases() {}

  static Stream<OpCase> all() {
    Stream<OpCase> conversions =
        Stream.of(Shape.of(2, 5, 7, 9), Shape.of(1, 64, 4, 4), Shape.of(1037))
            .flatMap(s -> Stream.of(DType.U8, DType.S8).flatMap(type -> conversions(s, type)));
    return Stream.concat(conversions, ConvCases.geometries().flatMap(QuantizedCases::convolutions));
  }

  private static Stream<OpCase> conversions(Shape s, DType type) {
    Value integers = Value.activation("integers", s, type);
    return Stream.of(
        new OpCase(
            "quantize %s %s".formatted(type, s),
            1,
            t -> Graph.of(new Quantize(Value.input("src", s, t), integers, 0.017))),
        new OpCase(
            "dequantize %s %s".formatted(type, s),
            1,
            t ->
                Graph.of(
                    new Dequantize(
                        Value.input("src", s, type), Value.activation("dst", s, t), 0.3))));
  }

  static Stream<OpCase> convolutions(Geometry g) {
    int terms = g.i() / g.groups() * g.window().kernelH() * g.window().kernelW();
    return Stream.of(
        row("u8, u8", terms, g, DType.U8, null, DType.U8, true),
        row("s8, s8", terms, g, DType.S8, null, DType.S8, false),
        row("u8, f32", terms, g, DType.U8, null, DType.F32, true),
        row("u8, s8 added, u8", terms, g, DType.U8, DType.S8, DType.U8, true),
        row("u8, u8 added, s8", terms, g, DType.U8, DType.U8, DType.S8, false),
        row("s8, u8 added, f32", terms, g, DType.S8, DType.U8, DType.F32, true),
        row("u8, f32 added, u8", terms, g, DType.U8, DType.F32, DType.U8, true),
        row("u8, f32 added, f32", terms, g, DType.U8, DType.F32, DType.F32, true));
  }

  private static OpCase row(
      String name, int terms, Geometry g, DType src, @Nullable DType add, DType dst, boolean relu) {
    // Products of bytes are large; the scales of channels are normally distributed.
    double scale = 0.4 * Math.sqrt(g.i() * g.window().kernelH() * g.window().kernelW());
    return new OpCase(
        "conv " + name + " " + g.name(),
        terms,
        t -> convolution(g, src, add, dst, scale, relu),
        dst.isFloating()
            ? null
            : new OpCase.Rounding(
                t -> convolution(g, src, add, DType.F32, scale, relu), scale, dst));
  }

  /** With what is added computed before, so that the sum may be written over it. */
  private static Graph convolution(
      Geometry g,
      DType srcType,
      @Nullable DType addType,
      DType dstType,
      double dstScale,
      boolean relu) {
    Shape shape = Shape.of(g.dstDims());
    Value weights = Value.parameter("weights", Shape.of(g.weightDims()), DType.S8);
    Value add = addType == null ? null : Value.activation("add", shape, addType);
    Value dst = Value.activation("sum", shape, dstType);
    List<Op> ops = new ArrayList<>();
    if (add != null) {
      Value before = Value.input("before", shape);
      ops.add(addType == DType.F32 ? new Relu(before, add) : new Quantize(before, add, 0.02));
    }
    ops.add(
        new QuantizedConv2d(
            Value.input("src", Shape.of(g.n(), g.i(), g.h(), g.w()), srcType),
            weights,
            Value.parameter("weights.scale", Shape.of(g.o())),
            Value.parameter("bias", Shape.of(g.o())),
            add,
            dst,
            g.window(),
            g.groups(),
            relu,
            SRC,
            add == null || addType == DType.F32 ? 1 : ADD,
            dstType == DType.F32 ? 1 : dstScale));
    if (dstType == DType.F32) {
      return new Graph(ops, List.of(dst));
    }
    Value result = Value.activation("dst", shape);
    ops.add(new Dequantize(dst, result, 1));
    return new Graph(ops, List.of(result));
  }
}
