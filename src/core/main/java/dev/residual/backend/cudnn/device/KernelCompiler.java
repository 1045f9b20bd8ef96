package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.CacheFolders;
import dev.residual.bindings.WholeFile;
import dev.residual.bindings.kernels.cuda.CudaKernels;
import dev.residual.bindings.nvrtc.Nvrtc;
import dev.residual.bindings.nvrtc.NvrtcLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Compiles our kernels for one kind of device, and keeps the results on disk by their content. */
public final class KernelCompiler {
  private final List<String> options;
  private final SortedMap<String, String> headers = new TreeMap<>();

  /**
   * A compiler.
   *
   * @param computeCapability ten times the major version of the instructions, and the minor one
   */
  public KernelCompiler(int computeCapability) {
    options =
        List.of(
            "--gpu-architecture=sm_" + computeCapability,
            "--std=c++17",
            "--device-as-default-execution-space");
    CudaKernels.sources()
        .forEach(
            (name, text) -> {
              if (!name.endsWith(".cu")) {
                headers.put(name, text);
              }
            });
  }

  /**
   * The device's instructions of a source file.
   *
   * @throws dev.residual.bindings.NativeLibraryException if it was never compiled and there is no
   *     NVRTC
   */
  public byte[] compile(String file) {
    String name = "kernels-" + digest(file) + ".cubin";
    for (Path folder : CacheFolders.candidates()) {
      try {
        return Files.readAllBytes(folder.resolve(name));
      } catch (IOException e) {
        // Not compiled yet, or unreadable: then it is made anew.
      }
    }
    byte[] binary = compileAnew(file, log -> {});
    for (Path folder : CacheFolders.candidates()) {
      if (isKept(folder, name, binary)) {
        break;
      }
    }
    return binary;
  }

  private static boolean isKept(Path folder, String name, byte[] binary) {
    try {
      Files.createDirectories(folder);
      WholeFile.write(folder.resolve(name), part -> Files.write(part, binary));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private String digest(String file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      update(digest, NvrtcLibrary.version().toString());
      options.forEach(option -> update(digest, option));
      headers.forEach((name, text) -> update(digest, text));
      update(digest, source(file));
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static String source(String file) {
    String text = CudaKernels.sources().get(file);
    if (text == null) {
      throw new IllegalArgumentException("there is no source file " + file);
    }
    return text;
  }

  /**
   * Compiles a file, whatever is kept on disk.
   *
   * @param log told what the compiler said, such as warnings; empty if nothing
   */
  byte[] compileAnew(String file, Consumer<String> log) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      NvrtcLibrary.check(
          "nvrtcCreateProgram",
          Nvrtc.nvrtcCreateProgram(
              out,
              arena.allocateFrom(source(file)),
              arena.allocateFrom(file),
              headers.size(),
              strings(arena, List.copyOf(headers.values())),
              strings(arena, List.copyOf(headers.keySet()))));
      MemorySegment program = out.get(ADDRESS, 0);
      try {
        NvrtcLibrary.check(
            "nvrtcCompileProgram",
            Nvrtc.nvrtcCompileProgram(program, options.size(), strings(arena, options)),
            program);
        MemorySegment size = arena.allocate(JAVA_LONG);
        NvrtcLibrary.check("nvrtcGetCUBINSize", Nvrtc.nvrtcGetCUBINSize(program, size));
        MemorySegment binary = arena.allocate(size.get(JAVA_LONG, 0));
        NvrtcLibrary.check("nvrtcGetCUBIN", Nvrtc.nvrtcGetCUBIN(program, binary));
        log.accept(NvrtcLibrary.log(program));
        return binary.toArray(ValueLayout.JAVA_BYTE);
      } finally {
        int ignored = Nvrtc.nvrtcDestroyProgram(out);
      }
    }
  }

  private static MemorySegment strings(Arena arena, List<String> texts) {
    MemorySegment array = arena.allocate(ADDRESS, Math.max(1, texts.size()));
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return array;
  }
}
