package dev.residual.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.residual.graph.Graph;
import dev.residual.inference.Network;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** The SHA-256 of what the rows of an embedder depend on. */
final class EmbeddingHash {
  /** Changes with what is hashed, or with its order. */
  private static final String VERSION = "residual embedding 1";

  private static final int CHUNK = 1 << 16;

  /** Of odd sides, so that each resizing and crop of it differs. */
  private static final Pixels PROBE = probe(331, 487);

  private final MessageDigest digest;

  private EmbeddingHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /**
   * The hash in hexadecimal digits.
   *
   * @param network computes the value that rows are taken from
   */
  static String of(TrainedModel model, Network network, EmbedderOptions options) {
    EmbeddingHash hash = new EmbeddingHash();
    hash.add(VERSION);
    hash.add(model.architecture().name());
    hash.add(network.logits().name());
    hash.add(options.normalized() ? "L2" : "none");
    hash.add(model.card().normalization());
    if (options.orientation() != Orientation.STORED) {
      hash.add(options.orientation().name());
    }
    hash.add(ImagePipeline.transform(model, options));
    hash.add(needed(model, network));
    return HexFormat.of().formatHex(hash.digest.digest());
  }

  /** The weights that the value needs; those of 8-bit integers all. */
  private static Weights needed(TrainedModel model, Network network) {
    if (model.isQuantized()) {
      return model.weights();
    }
    return model
        .weights()
        .of(Graph.needed(network.model().graph().ops(), List.of(network.logits())));
  }

  private void add(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  private void add(Normalization normalization) {
    add(Arrays.toString(normalization.mean()));
    add(Arrays.toString(normalization.std()));
  }

  private void add(Transform transform) {
    Pixels image;
    try {
      image = transform.apply(PROBE, new SplittableRandom(0));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the transform must take an image of %dx%d, by which it is hashed: %s"
              .formatted(PROBE.height(), PROBE.width(), e.getMessage()),
          e);
    }
    add(image.height() + "x" + image.width());
    digest.update(image.rgb());
  }

  private void add(Weights weights) {
    new TreeMap<>(weights.tensors())
        .forEach(
            (name, tensor) -> {
              add(name);
              add(tensor);
            });
  }

  private void add(Tensor tensor) {
    add(tensor.dtype() + " " + tensor.shape());
    byte[] chunk = new byte[CHUNK];
    MemorySegment to = MemorySegment.ofArray(chunk);
    long size = tensor.data().byteSize();
    for (long i = 0; i < size; i += CHUNK) {
      int count = (int) Math.min(CHUNK, size - i);
      MemorySegment.copy(tensor.data(), i, to, 0, count);
      digest.update(chunk, 0, count);
    }
  }

  /** A gradient in each direction, and what looks like noise. */
  private static Pixels probe(int height, int width) {
    byte[] rgb = new byte[3 * height * width];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) (i / 3 / width * 255 / height);
      rgb[i + 1] = (byte) (i / 3 % width * 255 / width);
      rgb[i + 2] = (byte) ((i * 0x9E3779B9) >>> 24);
    }
    return new Pixels(height, width, rgb);
  }
}
