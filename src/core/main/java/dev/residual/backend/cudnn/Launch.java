package dev.residual.backend.cudnn;

import dev.residual.graph.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A piece of work for the device, as data: an operation graph of cuDNN's, one of our kernels, or an
 * exchange with other processes.
 *
 * <p>It names values: those of the graph that is compiled, and others of its own, which a plan of
 * the memory places like them.
 */
sealed interface Launch permits GatherLaunch, GraphLaunch, KernelLaunch {

  /** What it reads. */
  List<Value> reads();

  /** What it writes; a value that is read as well is changed in place. */
  List<Value> writes();

  /** The same on other values. */
  Launch map(UnaryOperator<Value> places);

  /** The name of what does the work. */
  String implementation();
}
