package dev.residual.bench;

import dev.residual.tensor.DType;

/**
 * A convolution to be measured.
 *
 * @param shape of one image
 * @param batch the number of images
 * @param pass what is computed
 * @param dtype the type of images and weights
 * @param threads inside the operation
 */
public record ConvolutionTask(
    ConvolutionShape shape, int batch, Pass pass, DType dtype, int threads) {}
