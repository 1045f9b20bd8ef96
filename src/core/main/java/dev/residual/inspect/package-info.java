/**
 * Looks inside a network: what its filters are, what its blocks compute from an image, which part
 * of the image made it decide so.
 *
 * <p>{@link dev.residual.inspect.Anatomy} names the values that are worth a look, found in the
 * graph of any network. {@link dev.residual.inspect.Probe} computes them for images. {@link
 * dev.residual.inspect.GradCam} explains a class, and {@link dev.residual.inspect.LayerResponse}
 * measures layers. Weights are floats; images are of the network's size and scaled already.
 */
package dev.residual.inspect;
