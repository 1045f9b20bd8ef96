/**
 * Classification and embedding of images, and all that is read from files.
 *
 * <p>{@link dev.residual.io.Classifier} opens weights and tells what images show. {@link
 * dev.residual.io.Embedder} turns images into rows of numbers, to search for those that look alike.
 * {@link dev.residual.io.training} trains on images. {@link dev.residual.io.weights}, {@link
 * dev.residual.io.data} and {@link dev.residual.io.images} read weights, data sets and images.
 * {@link dev.residual.io.onnx} reads networks.
 *
 * {@snippet :
 * void classify(Path weights, Path photo) throws IOException {
 *   try (Classifier classifier = Classifier.open(Backends.cpu(), "resnet18", weights)) {
 *     for (Prediction prediction : classifier.classify(photo)) {
 *       System.out.println(prediction.label() + "  " + prediction.probability());
 *     }
 *   }
 * }
 * }
 *
 * {@snippet :
 * double cosine(Path weights, Path photo, Path other) throws IOException {
 *   try (Embedder embedder = Embedder.open(Backends.cpu(), "resnet18", weights)) {
 *     float[] one = embedder.embed(photo);
 *     float[] two = embedder.embed(other);
 *     return IntStream.range(0, one.length).mapToDouble(i -> one[i] * two[i]).sum();
 *   }
 * }
 * }
 *
 * <p>Files are taken as hostile. What is wrong with one is an {@link java.io.IOException} in one
 * line that names it.
 */
package dev.residual.io;
