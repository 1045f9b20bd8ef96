package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.dlpack.ForeignLibrary;
import dev.residual.dlpack.SharedTensor;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Add;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels on a device, which is the software device here. */
@ExtendWith(SoftwareDevice.class)
class DeviceKernelsTest extends KernelsTest {
  private static final int ELEMENTS = 1 << 12;
  private static final Value SRC = Value.input("src", Shape.of(ELEMENTS));
  private static final Value DST = Value.activation("dst", Shape.of(ELEMENTS));
  private static final Op RELU = new Relu(SRC, DST);

  private final CudaMemory device = new CudaMemory(CudaDevice.open(0));
  private final Arena arena = Arena.ofConfined();

  @Override
  protected Backend backend() {
    return SoftwareDevice.backend();
  }

  @AfterEach
  void free() {
    device.close();
    arena.close();
  }

  /** Memory of the device, of which Java has an address. */
  private MemorySegment onDevice(Value value, float first) {
    MemorySegment memory = device.slab(value.name(), value.bytes());
    device.copyIn(value, onHost(value, first), Layout.ROW_MAJOR, memory, Layout.ROW_MAJOR);
    device.finish();
    return memory;
  }

  private MemorySegment onHost(Value value, float first) {
    MemorySegment memory = arena.allocate(value.bytes(), 64);
    for (long i = 0; i < value.shape().elements(); i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, first + i);
    }
    return memory;
  }

  /** The last element of memory of the device, and nothing that waits for other queues. */
  private float last(Value value, MemorySegment memory) {
    MemorySegment host = arena.allocate(value.bytes(), 64);
    device.copyOut(value, memory, Layout.ROW_MAJOR, host, Layout.ROW_MAJOR);
    return host.getAtIndex(ValueLayout.JAVA_FLOAT, value.shape().elements() - 1);
  }

  private Kernels kernels(boolean isRowMajor) {
    CompileOptions options = new CompileOptions(1);
    return isRowMajor
        ? Kernels.rowMajor(backend(), options, 4)
        : new Kernels(backend(), options, 4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatOneOperationLeavesOnTheDeviceTheNextOneReads(boolean isRowMajor) {
    Value end = Value.activation("end", SRC.shape());
    Op sum = new Add(DST, DST, end);
    try (Kernels any = kernels(isRowMajor)) {
      MemorySegment src = onDevice(SRC, 0);
      MemorySegment between = onDevice(DST, -1);
      MemorySegment result = onDevice(end, -1);
      for (int round = 0; round < 5; round++) {
        device.copyIn(SRC, onHost(SRC, round), Layout.ROW_MAJOR, src, Layout.ROW_MAJOR);
        device.finish();
        any.run(RELU, src, between);
        any.run(sum, between, result);
        assertThat(last(end, result)).isEqualTo(2 * (round + ELEMENTS - 1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void memoryOfHostAndDeviceMayBeMixed(boolean isRowMajor) {
    try (Kernels any = kernels(isRowMajor)) {
      MemorySegment deviceSrc = onDevice(SRC, 1);
      MemorySegment deviceDst = onDevice(DST, 0);
      MemorySegment hostDst = onHost(DST, 0);
      for (int round = 0; round < 3; round++) {
        any.run(RELU, deviceSrc, hostDst);
        assertThat(hostDst.getAtIndex(ValueLayout.JAVA_FLOAT, ELEMENTS - 1)).isEqualTo(ELEMENTS);
        any.run(RELU, onHost(SRC, 2 + round), deviceDst);
        assertThat(last(DST, deviceDst)).isEqualTo(1 + round + ELEMENTS);
        hostDst.fill((byte) 0);
        any.run(RELU, onHost(SRC, 9), hostDst);
        assertThat(hostDst.getAtIndex(ValueLayout.JAVA_FLOAT, ELEMENTS - 1))
            .isEqualTo(8 + ELEMENTS);
      }
      assertThat(last(DST, deviceDst)).as("is left alone").isEqualTo(3 + ELEMENTS);
    }
  }

  @Test
  void aTensorThatIsLentOnTheDeviceIsUsedInPlace() {
    MemorySegment dst = onDevice(DST, 0);
    try (ForeignLibrary library = new ForeignLibrary();
        Kernels any = kernels(false)) {
      MemorySegment data = onDevice(SRC, 1);
      long[] shape = {ELEMENTS};
      ForeignLibrary.Lent lent = library.versioned(data, shape, null).device(2);
      try (SharedTensor src = SharedTensor.borrowVersioned(lent.address())) {
        assertThat(src.memory().byteSize()).as("is out of Java's reach").isZero();
        any.run(RELU, src.memory(), dst);
        assertThatIllegalStateException()
            .isThrownBy(src::lendVersioned)
            .withMessageContaining("on a device");
      }
      assertThat(last(DST, dst)).isEqualTo(ELEMENTS);
      assertThat(any.statistics().copiedBytes()).isZero();
      ForeignLibrary.Lent turned =
          library.versioned(data, new long[] {2, 3}, new long[] {1, 2}).device(2);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SharedTensor.borrowVersioned(turned.address()))
          .withMessageContaining("on a device, where it cannot be copied");
      assertThat(library.deleted).containsExactly(lent.address(), turned.address());
    }
  }

  @Test
  void memoryOfTheDeviceIsUpdatedInPlace() {
    Shape shape = Shape.of(ELEMENTS);
    SgdUpdate update =
        SgdUpdate.of(
            Value.parameter("w", shape),
            Value.input("g", shape),
            Value.input("rate", Shape.SCALAR));
    try (Kernels any = kernels(false);
        Kernel kernel = any.compile(update)) {
      MemorySegment[] memory =
          kernel.values().stream().map(v -> onDevice(v, 1)).toArray(MemorySegment[]::new);
      MemorySegment parameter = memory[kernel.values().indexOf(update.parameter())];
      for (int step = 1; step < 4; step++) {
        kernel.run(memory);
        // Parameter and gradient were equal, and the rate is 1.
        assertThat(last(update.parameter(), parameter)).isEqualTo((1 - step) * ELEMENTS);
      }
    }
  }

  @Test
  void aSizeThatIsGivenMakesNoHostOfADevice() {
    MemorySegment src = onDevice(SRC, 1).reinterpret(SRC.bytes());
    MemorySegment dst = onDevice(DST, 0);
    try (Kernels any = kernels(false)) {
      any.run(RELU, src, dst.reinterpret(DST.bytes()));
      assertThat(last(DST, dst)).isEqualTo(ELEMENTS);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> any.run(RELU, src, dst.reinterpret(64)))
          .withMessageContaining("dst F32 4096 needs 16384 bytes")
          .withMessageContaining("which has 64 bytes");
    }
    try (var session = backend().compile(Graph.of(RELU))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.write(SRC, src, Layout.ROW_MAJOR))
          .withMessageContaining("memory of the host alone");
    }
  }

  @Test
  void whatIsNoMemoryOfTheDeviceIsRefused() {
    MemorySegment src = onDevice(SRC, 1);
    MemorySegment host = onHost(DST, 0);
    MemorySegment small = device.slab("small", DST.bytes() - 64);
    Arena ended = Arena.ofConfined();
    try (Kernels any = kernels(false)) {
      MemorySegment closed = onDevice(DST, 0).reinterpret(ended, null);
      any.run(RELU, src, closed);
      ended.close();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> any.run(RELU, src, closed))
          .withMessageContaining("dst F32 4096 needs 16384 bytes")
          .withMessageContaining("closed");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> any.run(RELU, src, MemorySegment.ofAddress(host.address())))
          .withMessageContaining("is no memory of GPU 0, Software device 0");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> any.run(RELU, src, small))
          .withMessageContaining("ends after 16320 bytes");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> any.run(RELU, src, MemorySegment.ofAddress(src.address() + 64)))
          .withMessageContaining("the memory of dst F32 4096 overlaps that of src F32 4096");
      any.run(RELU, src, host);
      assertThat(host.getAtIndex(ValueLayout.JAVA_FLOAT, 1)).as("still works").isEqualTo(2);
    }
  }

  @Test
  void memoryOfAnotherDeviceIsRefused() {
    SoftwareDevice.set("devices", 2);
    CudaMemory second = new CudaMemory(CudaDevice.open(1));
    try (Kernels any = kernels(false)) {
      MemorySegment foreign = second.slab("foreign", DST.bytes());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> any.run(RELU, onDevice(SRC, 1), foreign))
          .withMessageContaining("is memory of GPU 1, expected GPU 0");
    } finally {
      second.close();
      SoftwareDevice.set("devices", 1);
    }
  }

  @Test
  void anAddressOfADeviceIsNothingToTheProcessor() {
    try (Kernels processor = new Kernels(Backends.cpu(), new CompileOptions(1), 1)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> processor.run(RELU, onDevice(SRC, 1), onHost(DST, 0)))
          .withMessageContaining("src F32 4096 needs 16384 bytes")
          .withMessageContaining("this session takes no addresses of a device");
    }
  }

  @Test
  void imagesInAnotherOrderAreTakenFromTheHostAlone() {
    Value images = Value.input("images", Shape.of(2, 16, 4, 4));
    Shape half = Shape.of(2, 16, 2, 2);
    Op pool =
        new MaxPool2d(
            images,
            Value.activation("pooled", half),
            Value.activation("at", half, DType.U8),
            Window.square(2, 2, 0));
    try (Kernels any = kernels(true)) {
      MemorySegment address = onDevice(images, 1);
      for (MemorySegment memory :
          new MemorySegment[] {address, address.reinterpret(images.bytes())}) {
        assertThatIllegalArgumentException()
            .isThrownBy(
                () -> any.run(pool, memory, arena.allocate(512, 64), arena.allocate(128, 64)))
            .withMessageContaining("images F32 2x16x4x4")
            .withMessageContaining("memory of the host");
      }
    }
  }

  @Override
  @Test
  void callsOfOneOperationFromSeveralThreadsAreOneAfterTheOther() {
    undelayed(super::callsOfOneOperationFromSeveralThreadsAreOneAfterTheOther);
  }

  @Override
  @Test
  void callsOnTheSameMemoryAllocateNothing() {
    undelayed(super::callsOnTheSameMemoryAllocateNothing);
  }

  @Override
  @Test
  void callsOnMemoryOfTheSameArenaAllocateNothing() {
    undelayed(super::callsOnMemoryOfTheSameArenaAllocateNothing);
  }

  /** Many calls, of which none is to be seen unfinished. */
  private static void undelayed(Runnable test) {
    long delay = SoftwareDevice.get("delay");
    SoftwareDevice.set("delay", 0);
    try {
      test.run();
    } finally {
      SoftwareDevice.set("delay", delay);
    }
  }
}
