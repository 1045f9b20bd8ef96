/**
 * Measurements of a network on some images.
 *
 * <p>{@link dev.residual.calibration.ActivationCalibration} measures what inference in 8-bit
 * integers needs. {@link dev.residual.calibration.Calibration} measures the statistics of batch
 * norms, for weights that lack them.
 */
package dev.residual.calibration;
