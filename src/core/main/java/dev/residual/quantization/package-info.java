/**
 * The weights of networks whose convolutions compute with 8-bit integers.
 *
 * <h2>How to get them</h2>
 *
 * <p>A network is trained in floating point. Some images, 128 are enough, then tell the ranges of
 * its activations. With these ranges the weights are rounded, and {@link
 * dev.residual.graph.passes.Quantization} rewrites the graph.
 *
 * {@snippet :
 * Weights quantize(ResNet network, Weights trained, BatchSource images, int batch) {
 *   Model model = network.inference(batch);
 *   ActivationStatistics statistics =
 *       ActivationCalibration.measure(
 *           Backends.cpu(), CompileOptions.DEFAULT, model, trained, images, 128 / batch);
 *   return QuantizedWeights.of(model.graph(), trained, statistics).toFile();
 * }
 * }
 *
 * <p>{@link dev.residual.inference.Network} takes these weights like any others.
 *
 * <h2>What is computed</h2>
 *
 * <p>Batch norms are folded into convolutions first. A quantised convolution reads U8 activations
 * with one scale, or S8 where they can be negative. Its weights are S8 with a scale for each output
 * channel. Bias, add, ReLU and rounding are part of it. Between convolutions nothing but integers
 * is stored.
 *
 * <h2>How errors are kept small</h2>
 *
 * <p>Errors are given for the logits of ResNet-18, relative to their size.
 *
 * <ul>
 *   <li>Scales of activations have the least sum of squared errors on the calibration images.
 *   <li>Biases are corrected by what rounding the weights adds on average. That follows from the
 *       means of the channels that a convolution reads.
 *   <li>Weights are rounded so that their errors make up for each other. That follows from the
 *       products of what a convolution reads. It lowers the error that weights cause from 2.5 to
 *       1.0 %.
 *   <li>The rest is the rounding of activations, so some of them stay floating: see {@link
 *       dev.residual.graph.passes.Quantization}. In a simulation this lowered the error from 2.1 to
 *       1.3 %, also on images that were not calibrated with. With all but the first two
 *       convolutions in integers it is 3.7 %. In bf16 it is 1.0 %.
 * </ul>
 *
 * <h2>What was tried for little</h2>
 *
 * <ul>
 *   <li>Equalisation, which moves scales of channels into the weights. With half the exponent the
 *       error falls by 7 to 10 %. With the whole exponent it grows.
 *   <li>Cutting off more of the large activations, or less. What is cut off on images not seen
 *       loses more than rounding.
 *   <li>Fitting weights, or correcting biases, one convolution after the other, to what the
 *       integers before it compute. It is worse: 128 images are too few.
 * </ul>
 */
package dev.residual.quantization;
