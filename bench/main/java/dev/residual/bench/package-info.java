/** Benchmarks, and the frameworks that they run on. */
@NullMarked
package dev.residual.bench;

import org.jspecify.annotations.NullMarked;
