package dev.residual.backend.cudnn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.residual.bindings.onednn.OneDnn;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The software device: doubles of the CUDA libraries, in C++, which check every call and compute on
 * the processor. Registered as an extension of a test class, it is built before the first test,
 * takes the places of the real libraries, and fails each test that did what must not be done with a
 * device, or that left more objects open than there were. Where there is no C++ compiler the tests
 * are skipped.
 *
 * <p>What {@link #get} and {@link #set} know is listed in {@code software_device.h}.
 */
public final class SoftwareDevice
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final int NO_COMPILER = 3;
  private static final Supplier<Built> BUILT = new Once();

  private final Runnable first;
  private long leaks;

  public SoftwareDevice() {
    this(() -> {});
  }

  /**
   * A software device on which something is done before the tests: what it leaves open, such as a
   * context that all sessions share, is no leak.
   */
  public SoftwareDevice(Runnable first) {
    this.first = first;
  }

  /** Builds the device if need be, and makes the programs of this JVM find it. */
  public static void install() {
    Built built = BUILT.get();
    if (built.folder == null) {
      abort(built.message);
    }
  }

  /** Whether there is a compiler to build the device with. */
  public static boolean isAvailable() {
    return BUILT.get().folder != null;
  }

  /** The backend of this device, which measures nothing: its times say nothing. */
  public static Backend backend() {
    return backend(0);
  }

  /** The backend of one of several devices, of which the setting {@code devices} says how many. */
  public static Backend backend(int ordinal) {
    install();
    Backend backend = new CudnnBackend(ordinal);
    return new Backend() {
      @Override
      public String name() {
        return backend.name();
      }

      @Override
      public boolean supports(Op op) {
        return backend.supports(op);
      }

      @Override
      public Session compile(Graph graph, CompileOptions options) {
        return backend.compile(graph, options.withMeasured(false));
      }
    };
  }

  /** The folder of the libraries. */
  public static Path folder() {
    install();
    return BUILT.get().folder;
  }

  /** A setting or a count. */
  public static long get(String name) {
    try (Arena arena = Arena.ofConfined()) {
      return (long) functions().get.invokeExact(arena.allocateFrom(name));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Changes a setting or a count. */
  public static void set(String name, long value) {
    int status;
    try (Arena arena = Arena.ofConfined()) {
      status = (int) functions().set.invokeExact(arena.allocateFrom(name), value);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    assertThat(status).as(name).isZero();
  }

  /** What was done that must not be done, a line each; empty if nothing was. */
  public static String traps() {
    return text("traps");
  }

  /** What is open, a line a kind. */
  public static String open() {
    return text("leaks");
  }

  /** Forgets traps, and the error that they left. */
  public static void forgive() {
    set("traps", 0);
    set("error", 0);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    install();
    first.run();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    forgive();
    leaks = leaks();
  }

  /**
   * What is open, but for what is kept for all sessions of the process: plans, handles, kernels.
   */
  private static long leaks() {
    return get("leaks")
        - get("live.cudnn descriptor")
        - get("live.cudnn handle")
        - get("live.module");
  }

  @Override
  public void afterEach(ExtensionContext context) {
    String traps = traps();
    long left = leaks() - leaks;
    forgive();
    assertThat(traps).as("traps of the software device").isEmpty();
    assertThat(left).as("objects left open, of%n%s", open()).isLessThanOrEqualTo(0);
  }

  private static String text(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment word = arena.allocateFrom(name);
      long size = (long) functions().text.invokeExact(word, MemorySegment.NULL, 0L) + 1;
      MemorySegment text = arena.allocate(size);
      long length = (long) functions().text.invokeExact(word, text, size);
      return length < 0 ? "" : text.getString(0);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static Functions functions() {
    install();
    return Functions.OF_LIBRARY;
  }

  private record Functions(MethodHandle get, MethodHandle set, MethodHandle text) {
    static final Functions OF_LIBRARY = find();

    private static Functions find() {
      SymbolLookup library =
          SymbolLookup.libraryLookup(folder().resolve("libcuda.so.1"), Arena.global());
      return new Functions(
          function(library, "get", FunctionDescriptor.of(JAVA_LONG, ADDRESS)),
          function(library, "set", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG)),
          function(library, "text", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG)));
    }

    private static MethodHandle function(
        SymbolLookup library, String name, FunctionDescriptor type) {
      return Linker.nativeLinker()
          .downcallHandle(library.findOrThrow("software_device_" + name), type);
    }
  }

  /** A folder, or why there is none. */
  private record Built(@Nullable Path folder, String message) {}

  private static final class Once implements Supplier<Built> {
    private @Nullable Built built;

    @Override
    public synchronized Built get() {
      if (built == null) {
        built = build();
      }
      return built;
    }

    private static Built build() {
      Path core =
          Stream.of("", "../core", "../src/core", "../../src/core", "src/core")
              .map(Path::of)
              .filter(path -> Files.exists(path.resolve("test/c/build")))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no src/core/test/c/build near this folder"));
      Path folder = core.resolve("target/software-device").toAbsolutePath().normalize();
      String output;
      int status;
      try {
        Process process =
            new ProcessBuilder("sh", core.resolve("test/c/build").toString(), folder.toString())
                .redirectErrorStream(true)
                .start();
        output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        status = process.waitFor();
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
      if (status == NO_COMPILER) {
        return new Built(null, output.strip());
      }
      assertThat(status).as(output).isZero();
      // The doubles use OpenMP, too: that of oneDNN comes first, so that there is one of it.
      OneDnn.library();
      for (String library : List.of("cuda", "nvrtc", "cudnn", "nccl")) {
        System.setProperty("residual." + library + ".path", folder.toString());
      }
      return new Built(folder, "");
    }
  }
}
