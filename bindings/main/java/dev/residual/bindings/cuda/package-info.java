/**
 * The CUDA driver API: generated declarations, the library they are looked up in, and calls by
 * plain addresses.
 *
 * <p>The names are those that drivers since CUDA 12.0 export, such as {@code cuMemAlloc_v2}.
 */
package dev.residual.bindings.cuda;
