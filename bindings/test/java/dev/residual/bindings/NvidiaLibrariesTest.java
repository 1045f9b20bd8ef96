package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is wrong with an installation of NVIDIA's libraries is said in one line, with what to do.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class NvidiaLibrariesTest {

  /** A CUDA of which no machine has libraries, so that none of a real one is found. */
  private static final int NO_CUDA = 99;

  @TempDir Path folder;
  private final List<String> properties = new ArrayList<>();

  @BeforeEach
  void withoutADriver() {
    choose("cuda", folder.resolve("absent.so"));
    properties.add("-Dresidual.cache=" + folder.resolve("cache"));
  }

  @Test
  void noDriver() throws Exception {
    assertThat(says("driver"))
        .isEqualTo(
            "driver: no usable NVIDIA driver for CUDA 12.0.0 or later for linux-x86_64:"
                + " -Dresidual.cuda.path: %s: there is no such file; name another one: java"
                + " -Dresidual.cuda.path=/path/to/the/library",
            folder.resolve("absent.so"));
  }

  @Test
  void driverTooOld() throws Exception {
    choose("cuda", driver(11_040, 0));
    assertThat(says("driver"))
        .startsWith("driver: no usable NVIDIA driver for CUDA 12.0.0 or later")
        .endsWith(
            "it is NVIDIA driver for CUDA 11.4.0, and 12.0.0 or later is needed; install an"
                + " NVIDIA driver of version 525.60 or later");
  }

  @Test
  void noDevice() throws Exception {
    choose("cuda", driver(13_000, 100));
    assertThat(says("driver"))
        .isEqualTo(
            "driver: cuInit returned 100 (CUDA_ERROR_NO_DEVICE): the driver sees no GPU;"
                + " nvidia-smi lists those there are, and CUDA_VISIBLE_DEVICES may hide some");
  }

  @Test
  void aDriverThatServes() throws Exception {
    Path file = driver(12_040, 0);
    choose("cuda", file);
    assertThat(says("driver")).isEqualTo("driver: 12.4.0 from " + file);
  }

  @Test
  void noCudnn() throws Exception {
    choose("cudnn", folder);
    assertThat(says("cudnn"))
        .startsWith("cudnn: no usable cuDNN 9.8.0 or later for linux-x86_64: ")
        .contains(folder.resolve("libcudnn.so.9") + ": there is no such file");
  }

  @Test
  void cudnn8() throws Exception {
    cudnn("libcudnn.so.8", 8907, 12_020);
    choose("cudnn", folder);
    assertThat(says("cudnn"))
        .contains(
            "it is cuDNN 8.9.7, and 9.8.0 or a later 9.x is needed; pip install nvidia-cudnn");
  }

  @Test
  void cudnnTooOld() throws Exception {
    choose("cudnn", cudnn("libcudnn.so.9", 90_701, 12_020));
    assertThat(says("cudnn")).contains("it is cuDNN 9.7.1, and 9.8.0 or a later 9.x is needed;");
  }

  @Test
  void cudnnForALaterCudaThanTheDriverServes() throws Exception {
    choose("cuda", driver(12_040, 0));
    choose("cudnn", cudnn("libcudnn.so.9", 92_400, 13_000));
    assertThat(says("cudnn"))
        .endsWith(
            "it is made for CUDA 13, and the NVIDIA driver serves CUDA 12.4.0; pip install"
                + " nvidia-cudnn-cu12 nvidia-cublas-cu12 nvidia-cuda-nvrtc-cu12, or install a"
                + " newer driver");
  }

  @Test
  void cudnnWithoutWhatItNeeds() throws Exception {
    choose("cudnn", cudnn("libcudnn.so.9", 92_400, NO_CUDA * 1000));
    assertThat(says("cudnn"))
        .contains("it is made for CUDA 99 and needs libcublasLt.so.99, which is in none of ")
        .endsWith("places; pip install nvidia-cublas");
  }

  @Test
  void cudnnWithWhatItNeedsAsPipPutsIt() throws Exception {
    Path packages = folder.resolve("site-packages/nvidia");
    Files.createDirectories(packages.resolve("cudnn/lib"));
    Files.createDirectories(packages.resolve("cu99/lib"));
    cudnn("site-packages/nvidia/cudnn/lib/libcudnn.so.9", 92_400, NO_CUDA * 1000);
    FakeLibrary.compile(packages.resolve("cu99/lib/libcublasLt.so.99"), "int nothing;");
    nvrtc("site-packages/nvidia/cu99/lib/libnvrtc.so.99", NO_CUDA);
    choose("cudnn", packages.resolve("cudnn/lib"));
    assertThat(says("cudnn"))
        .isEqualTo("cudnn: 9.24.0 from " + packages.resolve("cudnn/lib/libcudnn.so.9"));
  }

  @Test
  void cudnnThatNeedsNothingIsFoundBelowItsVariable() throws Exception {
    Files.createDirectories(folder.resolve("lib"));
    Path file = cudnn("lib/libcudnn.so.9", 90_800, 0);
    assertThat(says(Map.of("CUDNN_HOME", folder.toString()), "cudnn"))
        .isEqualTo("cudnn: 9.8.0 from " + file);
  }

  @Test
  void noNvrtc() throws Exception {
    choose("nvrtc", folder);
    assertThat(says("nvrtc"))
        .startsWith("nvrtc: no usable NVRTC 12.0.0 or later for linux-x86_64: ")
        .contains("libnvrtc.so.13: there is no such file");
  }

  @Test
  void nvrtcOfALaterCudaThanTheDriverServes() throws Exception {
    choose("cuda", driver(12_040, 0));
    choose("nvrtc", nvrtc("libnvrtc.so.13", 13));
    assertThat(says("nvrtc"))
        .endsWith(
            "it is NVRTC 13.0.0, and 12.0.0 or a later 12.x is needed; pip install"
                + " nvidia-cuda-nvrtc-cu12");
  }

  @Test
  void ofTwoNvrtcsTheOneForTheDriverIsTaken() throws Exception {
    choose("cuda", driver(12_040, 0));
    nvrtc("libnvrtc.so.13", 13);
    choose("nvrtc", nvrtc("libnvrtc.so.12", 12).getParent());
    assertThat(says("nvrtc")).isEqualTo("nvrtc: 12.0.0 from " + folder.resolve("libnvrtc.so.12"));
  }

  @Test
  void ncclOfItsVersions() throws Exception {
    choose("nccl", folder);
    assertThat(says("nccl")).contains("libnccl.so.2: there is no such file");
    nccl(2804);
    assertThat(says("nccl")).contains("it is NCCL 2.8.4, and 2.18.1 or a later 2.x is needed;");
    choose("cuda", driver(12_040, 0));
    nccl(21_703);
    assertThat(says("nccl")).contains("it is NCCL 2.17.3").endsWith("pip install nvidia-nccl-cu12");
    Path file = nccl(23_007);
    assertThat(says("nccl")).isEqualTo("nccl: 2.30.7 from " + file);
  }

  @Test
  void theStubIsLoadedOnRequestAloneAndThenStandsForTheDriver() throws Exception {
    choose("cuda", driver(13_000, 0));
    List<String> lines = output(Map.of(), "stub", "driver", "stub");
    assertThat(lines.getFirst()).isEqualTo("stub: loaded");
    assertThat(lines.get(1))
        .isEqualTo(
            "driver: no usable NVIDIA driver: this process: it plans for GPUs that are not there;"
                + " use a process for each");
    assertThat(lines.getLast()).isEqualTo("stub: loaded");
    assertThat(output(Map.of(), "driver", "stub").getLast())
        .isEqualTo(
            "stub: this process has loaded the NVIDIA driver, so it cannot plan for GPUs that are"
                + " not there");
  }

  @Test
  void whatLooksForTheDriverByNameFindsTheStub() throws Exception {
    // As cuDNN does, when it plans.
    choose(
        "cudnn",
        FakeLibrary.compile(
            folder.resolve("libcudnn.so.9"),
            """
            #include <dlfcn.h>
            unsigned long cudnnGetCudartVersion(void) { return 0; }
            unsigned long cudnnGetVersion(void) {
              void *driver = dlopen("libcuda.so.1", RTLD_NOW);
              int (*init)(unsigned) = (int (*)(unsigned))dlsym(driver, "cuInit");
              int (*find)(const char *, void **, int, unsigned long, int *) = dlsym(driver, "cuGetProcAddress_v2");
              int (*load)(void **, void *), (*launch)(void);
              void *kernel = 0;
              find("cuLibraryLoadData", (void **)&load, 12000, 0, 0);
              find("cuNameOfTheFuture", (void **)&launch, 12000, 0, 0);
              return 90000 + init(0) + 10 * (load(&kernel, 0) == 0 && kernel) + (launch() == 100) + 800;
            }
            """));
    assertThat(output(Map.of(), "stub", "cudnn").getLast()).startsWith("cudnn: 9.9.11 from ");
  }

  private Path driver(int version, int init) throws Exception {
    return FakeLibrary.compile(
        folder.resolve("libcuda.so.1"),
        """
        int cuInit(unsigned flags) { return %d; }
        int cuDriverGetVersion(int *version) { *version = %d; return 0; }
        int cuGetErrorName(int status, const char **name) { *name = "CUDA_ERROR_NO_DEVICE"; return 0; }
        """
            .formatted(init, version));
  }

  private Path cudnn(String file, int version, int cuda) throws Exception {
    return FakeLibrary.compile(
        folder.resolve(file),
        """
        unsigned long cudnnGetVersion(void) { return %d; }
        unsigned long cudnnGetCudartVersion(void) { return %d; }
        """
            .formatted(version, cuda));
  }

  private Path nvrtc(String file, int major) throws Exception {
    return FakeLibrary.compile(
        folder.resolve(file),
        "int nvrtcVersion(int *major, int *minor) { *major = %d; *minor = 0; return 0; }"
            .formatted(major));
  }

  private Path nccl(int version) throws Exception {
    return FakeLibrary.compile(
        folder.resolve("libnccl.so.2"),
        "int ncclGetVersion(int *version) { *version = %d; return 0; }".formatted(version));
  }

  private void choose(String library, Path path) {
    String name = "-Dresidual." + library + ".path=";
    properties.removeIf(property -> property.startsWith(name));
    properties.add(name + path);
  }

  /** The first line of what the probe says. */
  private String says(String what) throws Exception {
    return says(Map.of(), what);
  }

  private String says(Map<String, String> environment, String what) throws Exception {
    return output(environment, what).getFirst();
  }

  /** The lines of what the probe says that begin with what it did. */
  private List<String> output(Map<String, String> environment, String... what) throws Exception {
    return ChildJvm.loadCuda(environment, properties, what)
        .lines()
        .filter(line -> line.matches("[a-z-]+: .*"))
        .toList();
  }
}
