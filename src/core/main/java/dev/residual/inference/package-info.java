/**
 * Networks ready to infer.
 *
 * <p>A {@link dev.residual.inference.Network} takes a model and its weights, folds batch norms,
 * fuses operations, compiles the graph, and computes logits from images. A {@link
 * dev.residual.inference.BatchedNetwork} puts the single images of many callers together.
 *
 * {@snippet :
 * void serve(ResNet resnet, Weights weights, MemorySegment pixels) throws InterruptedException {
 *   InferenceOptions options = InferenceOptions.DEFAULT;
 *   try (BatchedNetwork network =
 *       new BatchedNetwork(
 *           batch -> Network.of(Backends.cpu(), resnet, weights, options.withBatch(batch)),
 *           1, // session, with all threads
 *           BatchOptions.DEFAULT)) {
 *     float[] logits = network.run(pixels, Layout.CHANNELS_LAST); // any thread, with others
 *   }
 * }
 * }
 */
package dev.residual.inference;
