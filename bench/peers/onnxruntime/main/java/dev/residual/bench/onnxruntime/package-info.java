/** ONNX Runtime. */
@NullMarked
package dev.residual.bench.onnxruntime;

import org.jspecify.annotations.NullMarked;
