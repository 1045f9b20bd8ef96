package dev.residual.bindings;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_binary;
import dev.residual.bindings.kernels.residual_eltwise;
import dev.residual.bindings.kernels.residual_scale_rows;
import java.util.ArrayList;
import java.util.List;

/** Calls of the kernels of functions of one element or two, with whole blocks and parts of them. */
final class FunctionKernelCases {
  private static final int FUNCTIONS = 8;
  private static final int PAIR_FUNCTIONS = 6;

  private FunctionKernelCases() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    for (int dtype : new int[] {Residual.RESIDUAL_F32(), Residual.RESIDUAL_BF16()}) {
      for (int elements : new int[] {1, 31, 512, 1037, 40011}) {
        for (int function = 0; function < FUNCTIONS; function++) {
          cases.add(eltwise(elements, function, dtype));
          cases.add(eltwiseBackward(elements, function, dtype));
        }
        cases.add(scaledRows(3, elements, dtype));
      }
      for (int function = 0; function < PAIR_FUNCTIONS; function++) {
        cases.add(binary("equal shapes", function, dtype, 1037, new long[] {1, 1, 1, 1037}, 1, 1));
        cases.add(binary("a scalar", function, dtype, 40011, new long[] {1, 1, 1, 40011}, 1, 0));
        cases.add(channels(function, dtype));
      }
    }
    return cases;
  }

  private static KernelCase eltwise(int elements, int function, int dtype) {
    return eltwise("eltwise", Residual.RESIDUAL_ELTWISE(), elements, function, dtype);
  }

  private static KernelCase eltwiseBackward(int elements, int function, int dtype) {
    int kernel = Residual.RESIDUAL_ELTWISE_BACKWARD();
    return eltwise("eltwise backward", kernel, elements, function, dtype)
        .elements("diff_dst", dtype, elements);
  }

  private static KernelCase scaledRows(int rows, int elements, int dtype) {
    return new KernelCase(
            "scaled rows %d of %d%s".formatted(rows, elements, KernelCases.suffix(dtype)),
            Residual.RESIDUAL_SCALE_ROWS(),
            residual_scale_rows.layout())
        .elements("src", dtype, (long) rows * elements)
        .bytes("mask", rows)
        .elements("dst", dtype, (long) rows * elements)
        .number("rows", rows)
        .number("elements", elements)
        .number("scale", 1.25)
        .number("dtype", dtype)
        .number("threads", 3);
  }

  private static KernelCase eltwise(
      String kind, int kernel, int elements, int function, int dtype) {
    String name = "%s %d, function %d".formatted(kind, elements, function);
    return new KernelCase(name + KernelCases.suffix(dtype), kernel, residual_eltwise.layout())
        .elements("src", dtype, elements)
        .elements("dst", dtype, elements)
        .number("elements", elements)
        .number("alpha", -0.25)
        .number("beta", 0.75)
        .number("function", function)
        .number("dtype", dtype)
        .number("threads", 3);
  }

  private static KernelCase binary(
      String name, int function, int dtype, long elements, long[] extents, int step0, int step1) {
    return pair(name, function, dtype)
        .elements("src0", dtype, step0 == 0 ? 1 : elements)
        .elements("src1", dtype, step1 == 0 ? 1 : elements)
        .elements("dst", dtype, elements)
        .numbers("extents", extents)
        .numbers("strides0", 0, 0, 0, step0)
        .numbers("strides1", 0, 0, 0, step1)
        .numbers("dst_strides", 0, 0, 0, 1);
  }

  /** Images of 2x3x3x17 channels last, and row-major ones of 2x17x1x3. */
  private static KernelCase channels(int function, int dtype) {
    return pair("channels", function, dtype)
        .elements("src0", dtype, 2 * 3 * 3 * 17)
        .elements("src1", dtype, 2 * 17 * 3)
        .elements("dst", dtype, 2 * 3 * 3 * 17)
        .numbers("extents", 2, 3, 3, 17)
        .numbers("strides0", 3 * 3 * 17, 3 * 17, 17, 1)
        .numbers("strides1", 17 * 3, 0, 1, 3)
        .numbers("dst_strides", 3 * 3 * 17, 3 * 17, 17, 1);
  }

  private static KernelCase pair(String name, int function, int dtype) {
    return new KernelCase(
            "binary %s, function %d%s".formatted(name, function, KernelCases.suffix(dtype)),
            Residual.RESIDUAL_BINARY(),
            residual_binary.layout())
        .number("function", function)
        .number("dtype", dtype)
        .number("threads", 3);
  }
}
