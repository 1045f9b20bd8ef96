package dev.residual;

import dev.residual.backend.cudnn.CudnnRuntime;
import java.util.List;
import java.util.Optional;

/**
 * What the backend {@code cuda} runs on, and what it lacks.
 *
 * @param libraries the driver, cuDNN, which needs none to {@linkplain DevicePlan plan}, and NVRTC
 * @param nccl NCCL, which trainings on several GPUs need besides
 * @param devices the GPUs that the driver shows
 * @param missing why the backend cannot run here, and the line to type, in one line; empty if it
 *     can
 */
public record CudaRuntime(
    List<Library> libraries, Library nccl, List<Device> devices, Optional<String> missing) {

  /**
   * A library of NVIDIA's.
   *
   * @param name such as {@code cuDNN}
   * @param version as it reports it; of the driver, that of the latest CUDA it serves
   * @param location the file, or what the system's loader was asked for
   * @param report why it does not serve: what to do in the first line, every place that was tried
   *     in the others; empty if it serves
   */
  public record Library(String name, String version, String location, Optional<String> report) {

    private static Library of(String name, CudnnRuntime.Library found) {
      return new Library(
          name,
          found.version(),
          found.location(),
          Optional.of(found.wrong()).filter(wrong -> !wrong.isEmpty()));
    }

    /** Whether it is there, of a version that serves. */
    public boolean isUsable() {
      return report.isEmpty();
    }

    /** The version and the file, or why it does not serve, in one line. */
    public String summary() {
      return report.map(CudaRuntime::firstLine).orElse(version + ", " + location);
    }
  }

  /**
   * A GPU.
   *
   * @param number by which {@link Backends#cuda(int)} takes it
   * @param name such as {@code NVIDIA H100 80GB HBM3}
   * @param computeCapability the version of its instructions, as {@code 9.0}
   * @param memoryBytes all of its memory
   */
  public record Device(int number, String name, String computeCapability, long memoryBytes) {}

  /** Copies the lists. */
  public CudaRuntime {
    libraries = List.copyOf(libraries);
    devices = List.copyOf(devices);
  }

  /** Loads the libraries that there are, and asks the driver for its GPUs. Throws nothing. */
  public static CudaRuntime look() {
    CudnnRuntime found = CudnnRuntime.look();
    List<Library> libraries =
        List.of(
            Library.of("NVIDIA driver", found.driver()),
            Library.of("cuDNN", found.cudnn()),
            Library.of("NVRTC", found.nvrtc()));
    Optional<String> noGpu = Optional.of(found.noGpu()).filter(reason -> !reason.isEmpty());
    return new CudaRuntime(
        libraries,
        Library.of("NCCL", found.nccl()),
        found.gpus().stream()
            .map(
                gpu ->
                    new Device(
                        gpu.number(), gpu.name(), gpu.computeCapability(), gpu.memoryBytes()))
            .toList(),
        libraries
            .getFirst()
            .report()
            .map(CudaRuntime::firstLine)
            .or(() -> noGpu)
            .or(
                () ->
                    libraries.stream()
                        .flatMap(library -> library.report().stream())
                        .map(CudaRuntime::firstLine)
                        .findFirst()));
  }

  /**
   * The description of a GPU that is there, as JSON, from which {@link DevicePlan} plans for it
   * anywhere.
   *
   * @throws dev.residual.bindings.NativeLibraryException if a library is missing
   * @throws dev.residual.bindings.NativeException if the driver finds no GPU
   * @throws IllegalArgumentException if there is no GPU of this number
   */
  public static String describe(int device) {
    return CudnnRuntime.describe(device);
  }

  private static String firstLine(String report) {
    return report.lines().findFirst().orElse("");
  }
}
