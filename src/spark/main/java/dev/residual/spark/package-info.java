/**
 * Residual networks in a cluster of Apache Spark: {@link dev.residual.spark.ResidualTrainer} trains
 * one on the executors, {@link dev.residual.spark.ResidualModel} applies it to the images of a
 * DataFrame.
 *
 * <p>Spark starts the processes of a training and restarts them when one is lost. Gradients do not
 * pass through it, but through MPI, from process to process.
 *
 * <p>The JVMs of driver and executors need JDK 25 and {@code --enable-native-access=ALL-UNNAMED},
 * the hosts of executors MPICH, or another MPI whose {@code mpirun} is Hydra.
 */
@NullMarked
package dev.residual.spark;

import org.jspecify.annotations.NullMarked;
