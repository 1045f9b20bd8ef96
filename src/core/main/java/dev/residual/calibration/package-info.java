/**
 * The measuring, on some images, of what weights lack: of activations for {@linkplain
 * dev.residual.calibration.ActivationCalibration quantisation}, of batch normalisations for
 * {@linkplain dev.residual.calibration.Calibration training}.
 */
package dev.residual.calibration;
