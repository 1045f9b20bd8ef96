/**
 * Residual networks as graphs, and their weights by name.
 *
 * <p>{@link dev.residual.nn.ResNet} makes the graphs, {@link dev.residual.nn.Initializer} draws
 * first weights for them, {@link dev.residual.nn.Weights} carries weights between sessions and
 * files, and {@link dev.residual.nn.BatchNormFolding} makes an inference graph cheaper.
 */
package dev.residual.nn;
