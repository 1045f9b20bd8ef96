package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.cudnn.SoftwareDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the program says of GPUs: of what is missing one line, which tells what to do. The GPU is
 * the software device, and each command has a process of its own, which loads it or something else.
 */
class GpuTest {
  private static final List<String> LIBRARIES = List.of("cuda", "nvrtc", "cudnn", "nccl");
  private static Path device;

  @TempDir Path folder;

  @BeforeAll
  static void buildDevice() {
    Map<String, String> before = new LinkedHashMap<>();
    LIBRARIES.forEach(name -> before.put(property(name), System.getProperty(property(name))));
    device = SoftwareDevice.folder();
    // The other tests of this process do without.
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          }
        });
  }

  private static String property(String library) {
    return "residual." + library + ".path";
  }

  @Test
  void withoutADriverTheLineNamesTheDriver() throws Exception {
    assertThat(failure(Map.of("cuda", folder), Map.of()))
        .contains("no usable NVIDIA driver", "libcuda.so.1: there is no such file");
  }

  @Test
  void aDriverThatIsTooOldIsNamed() throws Exception {
    assertThat(failure(Map.of(), Map.of("RESIDUAL_DEVICE_DRIVER_VERSION", "11040")))
        .contains("CUDA 11.4.0, and 12.0.0 or later is needed", "install an NVIDIA driver");
  }

  @Test
  void withoutCudnnTheLineNamesCudnn() throws Exception {
    assertThat(failure(Map.of("cudnn", folder), Map.of()))
        .contains("no usable cuDNN", "libcudnn.so.9: there is no such file");
  }

  @Test
  void cudnn8IsTooOld() throws Exception {
    Path source =
        Files.writeString(folder.resolve("cudnn.c"), "long cudnnGetVersion(void) { return 8907; }");
    Process compiler =
        new ProcessBuilder(
                "cc", "-shared", "-fPIC", "-o", folder + "/libcudnn.so.8", source.toString())
            .inheritIO()
            .start();
    assertThat(compiler.waitFor()).isZero();
    assertThat(failure(Map.of("cudnn", folder), Map.of()))
        .contains("it is cuDNN 8.9.7, and 9.8.0 or a later 9.x is needed", "pip install nvidia-");
  }

  @Test
  void withoutAGpuTheLineTellsHowToListThem() throws Exception {
    assertThat(failure(Map.of(), Map.of("RESIDUAL_DEVICE_DEVICES", "0"))).contains("nvidia-smi");
  }

  @Test
  void aFullGpuIsToldWithTheBatchThatFits() throws Exception {
    assertThat(failure(Map.of(), Map.of("RESIDUAL_DEVICE_MEMORY", "40000000")))
        .contains("out of memory: the session needs", "a smaller batch needs less");
  }

  @Test
  void theDoctorTellsOfGpus() throws Exception {
    assertThat(run(Map.of(), Map.of(), "doctor").output())
        .contains(
            "cuda           1 usable", "compute capability 9.0", "libcudnn.so.9", "libnccl.so.2");
    assertThat(run(Map.of("nccl", folder), Map.of(), "doctor").output())
        .contains("cuda           1 usable", "needed for several GPUs alone: no usable NCCL");
    assertThat(run(Map.of("cuda", folder), Map.of(), "doctor"))
        .satisfies(doctor -> assertThat(doctor.code()).isZero())
        .satisfies(
            doctor ->
                assertThat(doctor.output().lines())
                    .anyMatch(line -> line.startsWith("cuda           no usable NVIDIA driver")));
  }

  @Test
  void eachProcessTrainsOnAGpuOfItsOwn() throws Exception {
    List<String> launcher = DistributedTrainingTest.launcher("mpich", 2);
    Subprocess two = together(launcher, Map.of("RESIDUAL_DEVICE_DEVICES", "2"));
    assertThat(two.code()).as(two.output()).isZero();
    assertThat(two.output())
        .contains("cuda, f32, 2 processes of 1 thread")
        .containsOnlyOnce("epoch 1 of 1:");
    assertThat(two.output().lines().filter(line -> line.startsWith("software device:")))
        .allMatch(line -> line.contains("still open at the end:"))
        .noneMatch(line -> line.contains("nccl"));
  }

  @Test
  void aProcessWithoutAGpuSaysSo() throws Exception {
    Subprocess two = together(DistributedTrainingTest.launcher("mpich", 2), Map.of());
    assertThat(two.code()).isNotZero();
    assertThat(two.output()).contains("there is no GPU 1: the driver shows 1, counted from 0");
  }

  private Subprocess together(List<String> launcher, Map<String, String> environment)
      throws Exception {
    Path data = Pictures.write(folder.resolve("data"), 3, 16, 16, 1);
    String words =
        "train --model resnet20-cifar --preset paper-cifar --batch 8 --epochs 1 --threads 1"
            + " --sync-batch-norm --distributed mpi --wait 60 --backend cuda --data %s --out %s";
    return run(
        launcher, Map.of(), environment, words.formatted(data, folder.resolve("out")).split(" "));
  }

  @Test
  void aGpuIsDescribedForPlans() throws Exception {
    Path file = folder.resolve("device.json");
    assertThat(run(Map.of(), Map.of(), "doctor", "--device-json", file.toString()).code()).isZero();
    assertThat(Files.readString(file))
        .startsWith("{\"")
        .contains("\"multiProcessorCount\"", "\"memoryBusWidth\":")
        .endsWith("}" + System.lineSeparator());
    Subprocess without =
        run(Map.of("cuda", folder), Map.of(), "doctor", "--device-json", file.toString());
    assertThat(without.code()).isEqualTo(1);
    assertThat(without.output().lines()).hasSize(1).first().asString().contains("NVIDIA driver");
  }

  @Test
  void planningNeedsCudnn() throws Exception {
    Subprocess plan = run(Map.of("cudnn", folder), Map.of(), "plan", "--model", "resnet20-cifar");
    assertThat(plan.code()).isEqualTo(1);
    assertThat(plan.output().lines()).hasSize(1).first().asString().contains("no usable cuDNN");
    assertThat(Invocation.failure("plan", "--model", "resnet18", "--device", "h300"))
        .contains("no device h300", "a100, h100, h200");
  }

  /** The one line of a training that fails. */
  private String failure(Map<String, Path> libraries, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path runs = folder.resolve("run");
    Subprocess training =
        run(
            libraries,
            environment,
            "train",
            "--model",
            "resnet20-cifar",
            "--data",
            "shapes",
            "--backend",
            "cuda",
            "--out",
            runs.toString());
    assertThat(training.code()).as(training.output()).isEqualTo(1);
    List<String> lines =
        training.output().lines().filter(line -> line.startsWith("residual: ")).toList();
    assertThat(lines).as(training.output()).hasSize(1);
    assertThat(training.output()).doesNotContain("\tat ", "Tried:");
    return lines.getFirst();
  }

  /**
   * Runs the program on the software device.
   *
   * @param libraries the folders of libraries that are to be looked for elsewhere
   */
  private static Subprocess run(
      Map<String, Path> libraries, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return run(List.of(), libraries, environment, arguments);
  }

  private static Subprocess run(
      List<String> launcher,
      Map<String, Path> libraries,
      Map<String, String> environment,
      String... arguments)
      throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(List.of("-Dresidual.tuning=off"));
    for (String library : LIBRARIES) {
      options.add("-D" + property(library) + "=" + libraries.getOrDefault(library, device));
    }
    List<String> command = new ArrayList<>(launcher);
    command.addAll(Subprocess.builder(options, arguments).command());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Subprocess(process.waitFor(), output);
  }
}
