/**
 * ONNX files: their graphs as graphs of Residual, and their weights.
 *
 * <p>{@link dev.residual.io.onnx.OnnxModel} reads a file. For given extents of its inputs it makes
 * an {@link dev.residual.io.onnx.OnnxGraph}, which is compiled as it is, or as the model that it
 * holds. What is not supported is refused with the name of the node.
 */
@NullMarked
package dev.residual.io.onnx;

import org.jspecify.annotations.NullMarked;
