package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The software device computes what is asked for, and catches what must not be done. */
class SoftwareDeviceTest {
  @RegisterExtension static final SoftwareDevice DEVICE = new SoftwareDevice();

  /** Its own tests, a program in C++, a line a case. */
  @TestFactory
  Stream<DynamicTest> ownTests() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(SoftwareDevice.folder().resolve("self_test").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    List<String> cases =
        output
            .lines()
            .filter(line -> line.startsWith("ok ") || line.startsWith("failed "))
            .toList();
    assertThat(cases).as("exit code %d:%n%s", status, output).hasSizeGreaterThan(30);
    return Stream.concat(
        cases.stream()
            .map(line -> DynamicTest.dynamicTest(line, () -> assertThat(line).startsWith("ok "))),
        Stream.of(DynamicTest.dynamicTest("ends well", () -> assertThat(status).isZero())));
  }

  /** The handler of faults stands in front of the JVM's, which needs its own. */
  @Test
  void theJvmHasItsFaultsStill() throws Throwable {
    call("cuInit", 0);
    assertThat(nullPointers(200_000)).isEqualTo(200_000);
    assertThat(SoftwareDevice.traps()).isEmpty();
  }

  @Test
  void theJvmGoesOnAfterItReadDeviceMemory() throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(ValueLayout.JAVA_LONG);
      call("cuInit", 0);
      call("cuDevicePrimaryCtxRetain", answer, 0);
      call("cuCtxSetCurrent", MemorySegment.ofAddress(answer.get(ValueLayout.JAVA_LONG, 0)));
      call("cuMemAlloc_v2", answer, 64L);
      long address = answer.get(ValueLayout.JAVA_LONG, 0);
      MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(64);
      assertThat(memory.get(ValueLayout.JAVA_FLOAT, 0)).isNaN();
      assertThat(SoftwareDevice.traps()).contains("access by the host", "byte 0 of 64 bytes");
      SoftwareDevice.forgive();
      call("cuMemFree_v2", address);
      call("cuDevicePrimaryCtxRelease_v2", 0);
    }
  }

  @Test
  void settingsAndCounts() {
    SoftwareDevice.set("memory", 1 << 20);
    assertThat(SoftwareDevice.get("memory")).isEqualTo(1 << 20);
    SoftwareDevice.set("memory", 8L << 30);
    assertThat(SoftwareDevice.get("no-such-thing")).isEqualTo(-1);
  }

  private static int nullPointers(int count) {
    int[][] arrays = {new int[1], null};
    int caught = 0;
    for (int i = 0; i < 2 * count; i++) {
      try {
        arrays[i % 2][0]++;
      } catch (NullPointerException e) {
        caught++;
      }
    }
    return caught;
  }

  private static void call(String function, Object... arguments) throws Throwable {
    SymbolLookup library =
        SymbolLookup.libraryLookup(SoftwareDevice.folder().resolve("libcuda.so.1"), Arena.global());
    MemoryLayout[] types =
        Stream.of(arguments).map(SoftwareDeviceTest::type).toArray(MemoryLayout[]::new);
    Object status =
        Linker.nativeLinker()
            .downcallHandle(
                library.findOrThrow(function), FunctionDescriptor.of(ValueLayout.JAVA_INT, types))
            .invokeWithArguments(arguments);
    assertThat(status).as(function).isEqualTo(0);
  }

  private static MemoryLayout type(Object argument) {
    return switch (argument) {
      case Integer i -> ValueLayout.JAVA_INT;
      case Long l -> ValueLayout.JAVA_LONG;
      default -> ValueLayout.ADDRESS;
    };
  }
}
