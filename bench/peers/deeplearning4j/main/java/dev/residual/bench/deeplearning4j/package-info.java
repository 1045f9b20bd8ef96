/** Deeplearning4j. */
@NullMarked
package dev.residual.bench.deeplearning4j;

import org.jspecify.annotations.NullMarked;
