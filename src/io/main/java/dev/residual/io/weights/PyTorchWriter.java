package dev.residual.io.weights;

import dev.residual.io.files.HeapMemory;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import dev.residual.tensor.Tensor;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The zip form of a PyTorch checkpoint, written: a dictionary of contiguous tensors, each with a
 * storage of its own. Entries are stored, not compressed, and their data begin at multiples of 64
 * bytes, so that PyTorch can map the file.
 */
final class PyTorchWriter {
  private static final String FOLDER = "archive/";
  private static final int ALIGNMENT = 64;
  private static final int LOCAL_HEADER = 30;
  private static final int EXTRA_HEADER = 4;
  // The tag that PyTorch gives its padding: "FB".
  private static final short PADDING_TAG = 0x4246;
  // A constant, so that equal tensors give equal files.
  private static final LocalDateTime TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

  private PyTorchWriter() {}

  static void write(Map<String, Tensor> tensors, OutputStream out) throws IOException {
    Counter counter = new Counter(out);
    ZipOutputStream zip = new ZipOutputStream(counter, StandardCharsets.UTF_8);
    entry(zip, counter, "data.pkl", MemorySegment.ofArray(pickle(tensors)));
    entry(zip, counter, "byteorder", text("little"));
    int key = 0;
    for (Tensor tensor : tensors.values()) {
      entry(zip, counter, "data/" + key++, tensor.data());
    }
    entry(zip, counter, "version", text("3\n"));
    zip.finish();
    zip.flush();
  }

  private static byte[] pickle(Map<String, Tensor> tensors) throws IOException {
    PickleWriter pickle = new PickleWriter();
    orderedDict(pickle).op(PickleOp.MARK);
    int key = 0;
    for (var item : tensors.entrySet()) {
      Tensor tensor = item.getValue();
      pickle.string(item.getKey());
      pickle.global("torch._utils", "_rebuild_tensor_v2").op(PickleOp.MARK);
      storage(pickle, tensor, key++);
      pickle.integer(0);
      pickle.tuple(dims(tensor.shape())).tuple(Strided.rowMajor(tensor.shape()));
      // No gradient is required, and there are no hooks.
      pickle.op(PickleOp.NEWFALSE);
      orderedDict(pickle).op(PickleOp.TUPLE).op(PickleOp.REDUCE);
    }
    return pickle.op(PickleOp.SETITEMS).stop();
  }

  private static PickleWriter orderedDict(PickleWriter pickle) throws IOException {
    return pickle.global("collections", "OrderedDict").op(PickleOp.EMPTY_TUPLE).op(PickleOp.REDUCE);
  }

  private static void storage(PickleWriter pickle, Tensor tensor, int key) throws IOException {
    pickle.op(PickleOp.MARK).string("storage");
    pickle.global("torch", StorageType.of(tensor.dtype()).className());
    pickle.string(Integer.toString(key)).string("cpu").integer(tensor.shape().elements());
    pickle.op(PickleOp.TUPLE).op(PickleOp.BINPERSID);
  }

  private static long[] dims(Shape shape) {
    long[] dims = new long[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i);
    }
    return dims;
  }

  private static MemorySegment text(String text) {
    return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void entry(ZipOutputStream zip, Counter counter, String name, MemorySegment data)
      throws IOException {
    ZipEntry entry = new ZipEntry(FOLDER + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setTimeLocal(TIME);
    entry.setSize(data.byteSize());
    entry.setCrc(crc(data));
    long header = counter.written + LOCAL_HEADER + entry.getName().length() + EXTRA_HEADER;
    int padding = (int) Math.floorMod(-header, (long) ALIGNMENT);
    entry.setExtra(
        ByteBuffer.allocate(EXTRA_HEADER + padding)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort(PADDING_TAG)
            .putShort((short) padding)
            .array());
    zip.putNextEntry(entry);
    HeapMemory.write(data, zip);
    zip.closeEntry();
  }

  private static long crc(MemorySegment data) throws IOException {
    CRC32 crc = new CRC32();
    HeapMemory.write(
        data,
        new OutputStream() {
          @Override
          public void write(int value) {
            crc.update(value);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            crc.update(bytes, offset, length);
          }
        });
    return crc.getValue();
  }

  /** A stream that knows how many bytes went through it. */
  private static final class Counter extends FilterOutputStream {
    private long written;

    Counter(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      written++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      written += length;
    }
  }
}
