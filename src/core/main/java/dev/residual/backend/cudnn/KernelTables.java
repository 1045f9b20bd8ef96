package dev.residual.backend.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.backend.cudnn.KernelLaunch.Argument;
import dev.residual.backend.cudnn.KernelLaunch.Floats;
import dev.residual.backend.cudnn.KernelLaunch.Numbers;
import dev.residual.backend.cudnn.KernelLaunch.Pointer;
import dev.residual.backend.cudnn.KernelLaunch.Rows;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.backend.cudnn.device.DeviceCopy;
import dev.residual.engine.program.Buffer;
import dev.residual.graph.Value;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The structures of one launch: its arguments, and the tables that they point at. */
final class KernelTables {
  private final CudaMemory memory;
  private final List<DeviceCopy> tables = new ArrayList<>();
  private boolean isChanged = true;

  KernelTables(CudaMemory memory) {
    this.memory = memory;
  }

  /** The arguments, which follow the values that they point at. */
  MemorySegment arguments(KernelLaunch launch, Function<Value, Buffer> buffers) {
    StructLayout layout = KernelStructures.layout(launch.kernel() + "_args");
    MemorySegment structure = memory.scope().allocate(layout);
    write(launch.arguments(), layout, structure, buffers);
    return structure;
  }

  /** Queues copies of the tables, if what they point at has moved. */
  void upload() {
    if (isChanged) {
      tables.forEach(DeviceCopy::upload);
      isChanged = false;
    }
  }

  private void write(
      Map<String, Argument> arguments,
      StructLayout layout,
      MemorySegment structure,
      Function<Value, Buffer> buffers) {
    arguments.forEach(
        (member, argument) -> {
          PathElement[] path = path(member);
          MemoryLayout type = layout.select(path);
          MemorySegment place = structure.asSlice(layout.byteOffset(path), type.byteSize());
          switch (argument) {
            case Numbers constant -> set(place, type, constant.numbers());
            case Pointer pointer ->
                buffers
                    .apply(pointer.value())
                    .follow(
                        segment -> {
                          long address = segment.address() + pointer.offset();
                          place.set(ValueLayout.JAVA_LONG, 0, address);
                          isChanged = true;
                        });
            case Floats floats -> place.set(ValueLayout.JAVA_LONG, 0, constants(floats));
            case Rows rows -> place.set(ValueLayout.JAVA_LONG, 0, table(rows, buffers));
          }
        });
  }

  private static PathElement[] path(String member) {
    String[] names = member.split("\\.", -1);
    PathElement[] path = new PathElement[names.length];
    for (int i = 0; i < names.length; i++) {
      path[i] = PathElement.groupElement(names[i]);
    }
    return path;
  }

  private static void set(MemorySegment place, MemoryLayout type, List<Double> numbers) {
    MemoryLayout element = type instanceof SequenceLayout array ? array.elementLayout() : type;
    for (int i = 0; i < numbers.size(); i++) {
      double number = numbers.get(i);
      switch (element) {
        case ValueLayout.OfInt ints -> place.setAtIndex(ints, i, (int) number);
        case ValueLayout.OfLong longs -> place.setAtIndex(longs, i, (long) number);
        case ValueLayout.OfFloat floats -> place.setAtIndex(floats, i, (float) number);
        case ValueLayout.OfDouble doubles -> place.setAtIndex(doubles, i, number);
        default -> throw new IllegalArgumentException(number + " does not fit " + element);
      }
    }
  }

  private long constants(Floats floats) {
    DeviceCopy copy = memory.copy(floats.numbers().size() * (long) Float.BYTES);
    for (int i = 0; i < floats.numbers().size(); i++) {
      copy.host().setAtIndex(JAVA_FLOAT, i, floats.numbers().get(i));
    }
    tables.add(copy);
    return copy.address();
  }

  private long table(Rows table, Function<Value, Buffer> buffers) {
    StructLayout layout = KernelStructures.layout(table.structure());
    DeviceCopy copy = memory.copy(table.rows().size() * layout.byteSize());
    for (int i = 0; i < table.rows().size(); i++) {
      MemorySegment row = copy.host().asSlice(i * layout.byteSize(), layout.byteSize());
      write(table.rows().get(i), layout, row, buffers);
    }
    tables.add(copy);
    return copy.address();
  }
}
