/** Networks in the ONNX format. */
@NullMarked
package dev.residual.io.onnx;

import org.jspecify.annotations.NullMarked;
