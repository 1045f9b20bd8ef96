/** Residual's CUDA kernels: their sources, and the structures of their arguments, generated. */
@NullMarked
package dev.residual.bindings.kernels.cuda;

import org.jspecify.annotations.NullMarked;
