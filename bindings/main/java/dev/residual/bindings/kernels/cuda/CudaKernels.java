package dev.residual.bindings.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The sources of the CUDA kernels that Residual carries, for NVRTC to compile. */
public final class CudaKernels {
  /** No package could have this name, so the folder is open to all modules. */
  private static final String FOLDER = "dev/residual/natives/cuda-sources/";

  private CudaKernels() {}

  private static final class Sources {
    static final Map<String, String> BY_NAME = read();
  }

  /** The text of each file by its name: {@code .cu} files, and the headers that they include. */
  public static Map<String, String> sources() {
    return Sources.BY_NAME;
  }

  private static Map<String, String> read() {
    Map<String, String> sources = new TreeMap<>();
    for (String name : text("files").lines().toList()) {
      sources.put(name, text(name));
    }
    return Collections.unmodifiableMap(sources);
  }

  private static String text(String name) {
    try (InputStream in = open(FOLDER + name)) {
      if (in == null) {
        throw new IllegalStateException(
            "the jar residual-native lacks " + FOLDER + name + ": build it anew");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable InputStream open(String path) {
    ClassLoader loader = CudaKernels.class.getClassLoader();
    return loader == null
        ? ClassLoader.getSystemResourceAsStream(path)
        : loader.getResourceAsStream(path);
  }
}
