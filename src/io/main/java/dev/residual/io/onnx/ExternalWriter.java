package dev.residual.io.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.residual.graph.Value;
import dev.residual.io.files.AtomicFile;
import dev.residual.io.onnx.format.StringStringEntryProto;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The file beside an ONNX file that holds the elements of tensors, where one file is too small. */
final class ExternalWriter {
  /** What a file holds, less room for everything but weights. */
  static final long MOST_BYTES = Integer.MAX_VALUE - (64L << 20);

  private static final int EXTERNAL = 1;
  private static final int PAGE = 4096;
  private static final int PART = 1 << 22;

  private final @Nullable Path file;
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();
  private long bytes;

  private ExternalWriter(@Nullable Path file) {
    this.file = file;
  }

  /** The file {@code NAME.data} if the weights have more bytes than the file may hold. */
  static ExternalWriter of(Path file, List<Value> weights, long most) {
    long needed = weights.stream().mapToLong(Value::bytes).sum();
    return new ExternalWriter(
        needed > most ? file.resolveSibling(file.getFileName() + ".data") : null);
  }

  /** The message of a tensor, which holds its elements, or says where they will be. */
  TensorProto tensor(Value value, Tensor tensor) {
    if (file == null) {
      return OnnxTensors.proto(value.name(), tensor);
    }
    long offset = Math.ceilDiv(bytes, PAGE) * PAGE;
    tensors.add(tensor);
    offsets.add(offset);
    bytes = offset + tensor.data().byteSize();
    return OnnxTensors.header(value.name(), tensor)
        .setDataLocation(EXTERNAL)
        .addExternalData(entry("location", String.valueOf(file.getFileName())))
        .addExternalData(entry("offset", Long.toString(offset)))
        .addExternalData(entry("length", Long.toString(tensor.data().byteSize())))
        .build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /** Writes the file, if there is one. */
  void write() throws IOException {
    if (file == null) {
      return;
    }
    AtomicFile.write(
        file,
        out -> {
          long position = 0;
          for (int i = 0; i < tensors.size(); i++) {
            out.write(new byte[(int) (offsets.get(i) - position)]);
            position = offsets.get(i);
            long size = tensors.get(i).data().byteSize();
            for (long done = 0; done < size; done += PART) {
              long part = Math.min(size - done, PART);
              out.write(tensors.get(i).data().asSlice(done, part).toArray(JAVA_BYTE));
            }
            position += size;
          }
        });
  }
}
