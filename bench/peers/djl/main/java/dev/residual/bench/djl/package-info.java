/** DJL with its PyTorch engine. */
@NullMarked
package dev.residual.bench.djl;

import org.jspecify.annotations.NullMarked;
