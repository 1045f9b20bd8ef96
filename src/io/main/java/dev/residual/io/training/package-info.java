/** The folder of a training: checkpoints to resume from, weights, and figures by epoch. */
package dev.residual.io.training;
