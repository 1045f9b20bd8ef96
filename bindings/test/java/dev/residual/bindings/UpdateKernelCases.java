package dev.residual.bindings;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_adamw;
import dev.residual.bindings.kernels.residual_lars;
import dev.residual.bindings.kernels.residual_lerp;
import dev.residual.bindings.kernels.residual_muon;
import dev.residual.bindings.kernels.residual_muon_polynomial;
import dev.residual.bindings.kernels.residual_squares;
import java.util.ArrayList;
import java.util.List;

/** Calls of the kernels of optimisers, on one thread and on several. */
final class UpdateKernelCases {
  private UpdateKernelCases() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    for (int elements : new int[] {1, 17, 1037, 40011}) {
      cases.add(lerp(elements));
      cases.add(squares(elements));
      cases.add(adamW(elements));
      cases.add(lars(elements));
      cases.add(muon("muon direction", Residual.RESIDUAL_MUON_DIRECTION(), elements));
      cases.add(muon("muon", Residual.RESIDUAL_MUON(), elements));
      cases.add(muon("muon of a norm", Residual.RESIDUAL_MUON(), elements).number("norm", 3));
    }
    for (int size : new int[] {1, 5, 33, 200}) {
      cases.add(polynomial(size));
    }
    return cases;
  }

  private static KernelCase lerp(int elements) {
    return new KernelCase("lerp " + elements, Residual.RESIDUAL_LERP(), residual_lerp.layout())
        .floats("target", elements)
        .floats("source", elements)
        .positive("share", 1)
        .number("elements", elements)
        .number("threads", 3);
  }

  private static KernelCase squares(int elements) {
    return new KernelCase(
            "squares " + elements, Residual.RESIDUAL_SQUARES(), residual_squares.layout())
        .floats("src", elements)
        .workspace("sum", Double.BYTES)
        .number("elements", elements)
        .number("threads", 3);
  }

  private static KernelCase adamW(int elements) {
    return new KernelCase("adamw " + elements, Residual.RESIDUAL_ADAMW(), residual_adamw.layout())
        .floats("parameter", elements)
        .floats("gradient", elements)
        .floats("mean", elements)
        .positive("variance", elements)
        .zeros("steps", 1)
        .positive("rate", 1)
        .positive("factor", 1)
        .number("elements", elements)
        .number("beta1", 0.9)
        .number("beta2", 0.99)
        .number("epsilon", 1e-3)
        .number("decay", 0.01)
        .number("threads", 3);
  }

  private static KernelCase lars(int elements) {
    return new KernelCase("lars " + elements, Residual.RESIDUAL_LARS(), residual_lars.layout())
        .floats("parameter", elements)
        .floats("gradient", elements)
        .floats("velocity", elements)
        .positive("rate", 1)
        .positive("factor", 1)
        .number("elements", elements)
        .number("trust", 0.02)
        .number("momentum", 0.9)
        .number("decay", 0.01)
        .number("epsilon", 1e-8)
        .number("threads", 3);
  }

  private static KernelCase muon(String name, int kernel, int elements) {
    return new KernelCase(name + " " + elements, kernel, residual_muon.layout())
        .floats("parameter", elements)
        .floats("gradient", elements)
        .floats("velocity", elements)
        .floats("direction", elements)
        .positive("rate", 1)
        .positive("factor", 1)
        .number("elements", elements)
        .number("momentum", 0.9)
        .number("decay", 0.01)
        .number("scale", 2)
        .number("epsilon", 1e-7)
        .number("threads", 3);
  }

  private static KernelCase polynomial(int size) {
    return new KernelCase(
            "muon polynomial " + size,
            Residual.RESIDUAL_MUON_POLYNOMIAL(),
            residual_muon_polynomial.layout())
        .floats("gram", (long) size * size)
        .floats("square", (long) size * size)
        .number("size", size)
        .number("first", 3.4445)
        .number("second", -4.775)
        .number("third", 2.0315)
        .number("threads", 3);
  }
}
