/**
 * What is tested and measured on a GPU, in parts, each in processes of its own and within a time:
 * so one that hangs or crashes is a line of the report and ends no other.
 */
@NullMarked
package dev.residual.bench.gpu;

import org.jspecify.annotations.NullMarked;
