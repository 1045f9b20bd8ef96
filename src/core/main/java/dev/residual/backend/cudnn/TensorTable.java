package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.KernelLaunch.Argument;
import dev.residual.backend.cudnn.KernelLaunch.Numbers;
import dev.residual.backend.cudnn.KernelLaunch.Pointer;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The table of the tensors that one launch works on, in chunks. */
final class TensorTable {
  private final List<Map<String, Argument>> rows = new ArrayList<>();
  private long chunks;

  /** The members of a row. */
  record Row(Map<String, Argument> members) {

    /** Lets a member point at what is read. */
    Row in(String member, Value value) {
      return put(member, new Pointer(value, 0, true, false));
    }

    /** Lets a member point at what is written. */
    Row out(String member, Value value) {
      return put(member, new Pointer(value, 0, false, true));
    }

    /** Lets a member point at what is changed in place. */
    Row inOut(String member, Value value) {
      return put(member, new Pointer(value, 0, true, true));
    }

    /** Lets a member point at anything. */
    Row put(String member, Argument argument) {
      members.put(member, argument);
      return this;
    }

    /** Sets a member. */
    Row with(String member, double number) {
      return put(member, new Numbers(List.of(number)));
    }
  }

  /** Adds a row for the chunks of a tensor. */
  Row row(Value tensor) {
    long count = tensor.shape().elements();
    Row row = new Row(new LinkedHashMap<>());
    row.with("count", count).with("first_chunk", chunks);
    chunks += Math.ceilDiv(count, KernelTypes.CHUNK_ELEMENTS);
    rows.add(row.members());
    return row;
  }

  /** The chunks of all rows. */
  long chunks() {
    return chunks;
  }

  /** A launch with a block for each chunk. */
  KernelLaunch launch(String kernel, String structure) {
    return rowLaunch(kernel, structure).with("chunks", chunks).on(chunks);
  }

  /** A launch that is told of the rows alone. */
  KernelLaunch rowLaunch(String kernel, String structure) {
    return new KernelLaunch(kernel).table("table", structure, rows).with("entries", rows.size());
  }
}
