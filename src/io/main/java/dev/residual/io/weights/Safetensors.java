package dev.residual.io.weights;

import dev.residual.io.files.AtomicFile;
import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileHead;
import dev.residual.io.files.HeapMemory;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Files of named tensors in the safetensors format: an unsigned 64-bit header length, a JSON
 * header, then the elements of all tensors, row-major and little-endian, without gaps.
 *
 * <p>Files are taken as hostile: every length, offset and shape is checked before memory is
 * allocated, and whatever is wrong is an {@link IOException} of one line that names the file.
 * Tensors are read into heap memory, and no file is mapped: a file that is cut short while it is
 * mapped ends the JVM. The element types F64, F32, F16, BF16, I64, I32, I8 and U8 are read; tensors
 * of others and those without elements are left aside, as {@link WeightFile} tells.
 *
 * <p>Methods may be called from several threads at once.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">safetensors</a>
 */
public final class Safetensors {
  private static final int LONGEST_HEADER = 100_000_000;
  private static final int ALIGNMENT = 8;

  private Safetensors() {}

  /**
   * The tensors of a file by the names and with the types they have there, in the order of its
   * header, its metadata, and what was left aside.
   *
   * @throws IOException naming the file, if it is missing or malformed
   */
  public static WeightFile read(Path file) throws IOException {
    FileHead.of(file);
    return readTensors(file);
  }

  /** Reads a file whose head was looked at. */
  static WeightFile readTensors(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file);
        InputStream in = stream(channel)) {
      byte[] json = readHeader(channel, in);
      SafetensorsHeader header = SafetensorsHeader.parse(json);
      LeftAside others = new LeftAside();
      Map<String, @Nullable Tensor> tensors = new LinkedHashMap<>();
      for (var entry : header.entries()) {
        if (entry.layout() == null) {
          others.add(entry.name(), entry.unsupported());
        } else {
          tensors.put(entry.name(), null);
        }
      }
      if (tensors.isEmpty() && !others.isEmpty()) {
        throw new IOException("holds no tensors of a supported type: " + others);
      }
      for (var entry : header.inFileOrder(channel.size() - Long.BYTES - json.length)) {
        if (entry.layout() == null) {
          in.skipNBytes(entry.end() - entry.begin());
        } else {
          tensors.put(entry.name(), readTensor(entry.layout(), in));
        }
      }
      Map<String, Tensor> complete = new LinkedHashMap<>();
      tensors.forEach((name, tensor) -> complete.put(name, Objects.requireNonNull(tensor)));
      return new WeightFile(
          new Weights(complete), header.metadata(), others.notes(complete.size(), ""));
    } catch (IOException | OutOfMemoryError e) {
      throw FileErrors.in(file, e);
    }
  }

  /**
   * The strings under {@code __metadata__} in a file; empty if it has none. Tensors are not read.
   *
   * @throws IOException naming the file, if it is missing or its header malformed
   */
  public static SequencedMap<String, String> readMetadata(Path file) throws IOException {
    FileHead.of(file);
    try (FileChannel channel = FileChannel.open(file);
        InputStream in = stream(channel)) {
      return SafetensorsHeader.parse(readHeader(channel, in)).metadata();
    } catch (IOException | OutOfMemoryError e) {
      throw FileErrors.in(file, e);
    }
  }

  /**
   * Writes weights without metadata.
   *
   * @see #write(Path, Weights, Map)
   */
  public static void write(Path file, Weights weights) throws IOException {
    write(file, weights, Map.of());
  }

  /**
   * Writes weights and metadata. The file is replaced as a whole or not at all; equal weights in
   * equal order give equal bytes. The header has the order of the weights; the data are sorted by
   * element size, largest first, so that all are aligned.
   *
   * @throws IOException naming the file, if it cannot be written
   * @throws IllegalArgumentException if a tensor is called {@code __metadata__}
   */
  public static void write(Path file, Weights weights, Map<String, String> metadata)
      throws IOException {
    Map<String, Tensor> tensors = weights.tensors();
    if (tensors.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be called __metadata__ in safetensors");
    }
    List<String> names = new ArrayList<>(tensors.keySet());
    names.sort((a, b) -> weights.get(b).dtype().bytes() - weights.get(a).dtype().bytes());
    Map<String, Long> begins = HashMap.newHashMap(names.size());
    long position = 0;
    for (String name : names) {
      begins.put(name, position);
      position += weights.get(name).data().byteSize();
    }
    byte[] header = SafetensorsHeader.format(tensors, begins, metadata);
    AtomicFile.write(
        file,
        out -> {
          writeHeader(header, out);
          for (String name : names) {
            HeapMemory.write(weights.get(name).data(), out);
          }
        });
  }

  private static InputStream stream(FileChannel channel) {
    return new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
  }

  private static byte[] readHeader(FileChannel channel, InputStream in) throws IOException {
    byte[] prefix = in.readNBytes(Long.BYTES);
    if (prefix.length < Long.BYTES) {
      throw new EOFException();
    }
    long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > LONGEST_HEADER) {
      throw new IOException(
          "header of %s bytes, at most %d are read: not a safetensors file?"
              .formatted(Long.toUnsignedString(length), LONGEST_HEADER));
    }
    // Not of the path, which may be another file's by now.
    if (length > channel.size() - Long.BYTES) {
      throw new EOFException();
    }
    byte[] json = in.readNBytes((int) length);
    if (json.length < length) {
      throw new EOFException();
    }
    return json;
  }

  private static Tensor readTensor(SafetensorsHeader.Layout layout, InputStream in)
      throws IOException {
    MemorySegment data = HeapMemory.allocate(layout.shape().elements(), layout.dtype().bytes());
    HeapMemory.fill(data, in);
    return new Tensor(layout.dtype(), layout.shape(), data);
  }

  private static void writeHeader(byte[] json, OutputStream out) throws IOException {
    int padding = Math.floorMod(-json.length, ALIGNMENT);
    ByteBuffer header =
        ByteBuffer.allocate(Long.BYTES + json.length + padding).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(json.length + padding).put(json);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    out.write(header.array());
  }
}
