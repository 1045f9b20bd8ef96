/** TensorFlow. */
@NullMarked
package dev.residual.bench.tensorflow;

import org.jspecify.annotations.NullMarked;
