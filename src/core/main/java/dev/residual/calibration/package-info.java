/**
 * Measurements of a network on some images.
 *
 * <p>{@link dev.residual.calibration.ActivationCalibration} measures what inference in 8-bit
 * integers needs. {@link dev.residual.calibration.Calibration} measures the statistics of batch
 * norms, for weights that lack them. {@link dev.residual.calibration.Whitening} makes the first
 * weights of networks that whiten patches.
 */
package dev.residual.calibration;
