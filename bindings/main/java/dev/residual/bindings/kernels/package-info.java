/**
 * Residual's own kernels: the generated functions and structures of residual.h, and their library.
 */
package dev.residual.bindings.kernels;
