package dev.residual.bindings;

import dev.residual.bindings.GuardedMemory.Edge;
import dev.residual.bindings.KernelCase.Sums;
import dev.residual.bindings.kernels.Residual;

/** A program for tests that start a JVM: calls all kernels with arrays beside forbidden pages. */
public final class GuardedKernels {

  private GuardedKernels() {}

  /**
   * Prints the instructions in use and, for each case, what its results sum up to.
   *
   * @param arguments none; or an edge, a case and one of its arrays, which is then one byte shorter
   *     there than the kernel is told
   */
  public static void main(String[] arguments) {
    System.out.println("instructions " + Residual.residual_isa().getString(0));
    if (arguments.length > 0) {
      KernelCases.all().stream()
          .filter(candidate -> candidate.name().equals(arguments[1]))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no case is named " + arguments[1]))
          .run(Edge.valueOf(arguments[0]), arguments[2]);
      System.out.println("survived");
      return;
    }
    for (KernelCase each : KernelCases.all()) {
      Sums sums = each.run(Edge.END, "");
      if (sums == null) {
        continue;
      }
      if (!sums.equals(each.run(Edge.START, ""))) {
        throw new IllegalStateException(each.name() + " depends on where its arrays lie");
      }
      System.out.println("case " + each.name() + "; " + sums.sum() + "; " + sums.magnitude());
    }
    System.out.println("done");
  }
}
