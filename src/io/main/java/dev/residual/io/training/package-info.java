/**
 * Training on images, and the folder that a training fills.
 *
 * <p>{@link dev.residual.io.training.ImageTraining} trains a network on a data set. The {@linkplain
 * dev.residual.io.training.TrainingFolder folder} gets checkpoints to resume from, weights, and the
 * metrics of each epoch.
 *
 * {@snippet :
 * List<Metrics> train(String data, Path out) throws IOException {
 *   return ImageTraining.of("resnet20-cifar").epochs(10).run(Backends.cpu(), data, out);
 * }
 * }
 */
package dev.residual.io.training;
