/** Patterns for benchmarks of your own. */
@NullMarked
package dev.residual.bench.examples;

import org.jspecify.annotations.NullMarked;
