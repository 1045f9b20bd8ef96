package dev.residual.bindings.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.NativeLibraryException.Attempt;
import dev.residual.bindings.NativeLibraryException.Reason;
import dev.residual.bindings.NvidiaPlaces;
import dev.residual.bindings.VersionRange;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.nvrtc.NvrtcLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a cuDNN needs beside itself: a driver for its CUDA, and the cuBLASLt and NVRTC of that CUDA.
 *
 * <p>It opens those two by their names alone, when it plans; so they are loaded before, by their
 * paths, from wherever they are.
 */
final class CudnnNeeds {

  private CudnnNeeds() {}

  /** The line to type for a driver, or where there is none for the latest CUDA. */
  static String remedy(OptionalInt driver) {
    return driver.orElse(13) < 13
        ? "pip install nvidia-cudnn-cu12 nvidia-cublas-cu12 nvidia-cuda-nvrtc-cu12"
        : "pip install nvidia-cudnn-cu13 nvidia-cublas nvidia-cuda-nvrtc";
  }

  /**
   * Loads what a cuDNN needs.
   *
   * @throws NativeLibraryException of one attempt, if it is missing
   */
  static void load(NativeLibrary cudnn) {
    int cuda = CudaDriver.cudaVersion(cudartVersion(cudnn)).major();
    if (cuda == 0) {
      return;
    }
    OptionalInt driver = CudaDriver.major();
    if (driver.isPresent() && cuda > driver.getAsInt()) {
      throw refused(
          Reason.TOO_NEW,
          "it is made for CUDA %d, and the NVIDIA driver serves CUDA %s"
              .formatted(cuda, CudaDriver.version()),
          remedy(driver) + ", or install a newer driver");
    }
    require(withPlace(cublas(cuda), cudnn), cuda);
    require(withPlace(NvrtcLibrary.search(cuda, cuda), cudnn), cuda);
  }

  private static LibrarySearch cublas(int cuda) {
    LibraryVersion any = new LibraryVersion(cuda, 0, 0);
    return new LibrarySearch(
        "cuBLASLt",
        null,
        NvidiaPlaces.of("CUDA_HOME", "CUDA_PATH"),
        List.of("libcublasLt.so." + cuda),
        List.of(),
        VersionRange.sameMajor(any),
        _ -> any,
        "pip install nvidia-cublas" + (cuda < 13 ? "-cu" + cuda : ""));
  }

  /** The search, which looks around cuDNN first: what was installed together fits together. */
  private static LibrarySearch withPlace(LibrarySearch search, NativeLibrary cudnn) {
    List<LibraryPlace> places = new ArrayList<>();
    places.add(NvidiaPlaces.beside(cudnn));
    places.addAll(search.places());
    return new LibrarySearch(
        search.title(),
        search.property(),
        places,
        search.fileNames(),
        search.siblings(),
        search.versions(),
        search.version(),
        search.remedy());
  }

  private static void require(LibrarySearch search, int cuda) {
    try {
      search.load();
    } catch (NativeLibraryException e) {
      Attempt telling = e.telling();
      String found =
          telling.reason() == Reason.MISSING
              ? "which is in none of %d places".formatted(e.attempts().size())
              : "and of " + telling.place() + ": " + telling.words();
      throw refused(
          telling.reason(),
          "it is made for CUDA %d and needs %s, %s"
              .formatted(cuda, search.fileNames().getFirst(), found),
          telling.remedy());
    }
  }

  private static NativeLibraryException refused(Reason reason, String words, String remedy) {
    return new NativeLibraryException(
        "what cuDNN needs", List.of(new Attempt("cuDNN", reason, words, remedy)));
  }

  private static int cudartVersion(NativeLibrary cudnn) {
    MethodHandle version = cudnn.handle("cudnnGetCudartVersion", FunctionDescriptor.of(JAVA_LONG));
    try {
      return Math.toIntExact((long) version.invokeExact());
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
