package dev.residual;

import dev.residual.backend.cudnn.CudnnBackend;
import dev.residual.backend.onednn.OneDnnBackend;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.engine.Backend;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The backends of this library. */
public final class Backends {
  private static final System.Logger LOGGER = System.getLogger("dev.residual");
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,4}))?");
  private static final AtomicBoolean IS_TOLD = new AtomicBoolean();

  private Backends() {}

  /**
   * The processor, through oneDNN.
   *
   * @throws NativeLibraryException if oneDNN cannot be loaded; the message tells what was tried and
   *     what to do
   */
  public static Backend cpu() {
    return new OneDnnBackend();
  }

  /** The first NVIDIA GPU; see {@link #cuda(int)}. */
  public static Backend cuda() {
    return cuda(0);
  }

  /**
   * An NVIDIA GPU, through cuDNN. Nothing else ever computes in its place.
   *
   * @param device the GPU, as the driver counts those that are visible, from 0
   * @throws NativeLibraryException if the driver, cuDNN or NVRTC is missing or of a version that
   *     does not serve; the message tells what was tried and what to do
   * @throws NativeException if the driver finds no GPU, or the GPU cannot be used
   * @throws IllegalArgumentException if there is no GPU of this number
   */
  public static Backend cuda(int device) {
    return new CudnnBackend(device);
  }

  /**
   * The first GPU if there is one that can be used, else the processor. Why it is not the GPU is
   * logged once, to {@code dev.residual}.
   *
   * @throws NativeLibraryException if oneDNN cannot be loaded either
   */
  public static Backend best() {
    return CudnnBackend.ifUsable(0, Backends::tell)
        .<Backend>map(gpu -> gpu)
        .orElseGet(Backends::cpu);
  }

  private static void tell(String reason) {
    if (!IS_TOLD.getAndSet(true)) {
      LOGGER.log(System.Logger.Level.INFO, "networks are computed on the processor: {0}", reason);
    }
  }

  /** Plain Java: slow, and the specification of every operation. */
  public static Backend reference() {
    return new ReferenceBackend();
  }

  /**
   * The backend of this name, as the command line takes it.
   *
   * @param name {@code cpu}, {@code reference}, {@code cuda}, or {@code cuda:1} for the second GPU
   * @throws IllegalArgumentException if there is no such backend
   * @throws NativeLibraryException as {@link #cpu} and {@link #cuda(int)} do
   * @throws NativeException as {@link #cuda(int)} does
   */
  public static Backend named(String name) {
    Matcher gpu = CUDA.matcher(name);
    if (gpu.matches()) {
      return cuda(gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1)));
    }
    return switch (name) {
      case "cpu" -> cpu();
      case "reference" -> reference();
      default ->
          throw new IllegalArgumentException(
              "unknown backend " + name + "; there are cpu, cuda, cuda:N and reference");
    };
  }
}
