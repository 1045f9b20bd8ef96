/**
 * Training and evaluation of networks.
 *
 * <p>A {@link dev.residual.train.TrainingGraph} is one step as a graph, a {@link
 * dev.residual.train.Trainer} runs it, and a {@link dev.residual.train.Training} repeats it over
 * the epochs of a {@link dev.residual.train.Recipe}, with an {@link dev.residual.train.Evaluator}
 * after each and a {@link dev.residual.train.TrainingState} to resume from.
 */
package dev.residual.train;
