package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Environment variables, toolkit and packages of Python, with a Python made for the test. */
@EnabledOnOs(OS.LINUX)
class NvidiaPlacesTest {

  @TempDir Path folder;

  @Test
  void variablesComeFirstThenTheLoaderTheToolkitAndPython() throws Exception {
    Path python = program("bin/python3", "exit 1");
    Map<String, String> environment =
        Map.of(
            "CUDA_HOME", "/opt/cuda", "CUDNN_HOME", "/opt/cudnn", "PATH", "" + python.getParent());
    List<LibraryPlace> places =
        NvidiaPlaces.of(
            environment::get,
            Path.of("/toolkit"),
            packages(environment),
            "CUDNN_HOME",
            "CUDA_PATH",
            "CUDA_HOME");
    assertThat(places).hasSize(5);
    assertThat(places.get(0)).satisfies(p -> folders(p, "$CUDNN_HOME", "/opt/cudnn/lib64"));
    assertThat(places.get(1)).satisfies(p -> folders(p, "$CUDA_HOME", "/opt/cuda/lib64"));
    assertThat(places.get(2)).isEqualTo(new LibraryPlace.SystemLoader());
    assertThat(places.get(3)).satisfies(p -> folders(p, "/toolkit", "/toolkit/lib64"));
    assertThat(places.get(4)).satisfies(p -> folders(p, "the packages of " + python));
  }

  private static void folders(LibraryPlace place, String title, String... first) {
    assertThat(place).isInstanceOf(LibraryPlace.Folders.class);
    LibraryPlace.Folders folders = (LibraryPlace.Folders) place;
    assertThat(folders.title()).isEqualTo(title);
    assertThat(folders.folders().get().stream().limit(1))
        .map(Path::toString)
        .containsExactly(first);
  }

  @Test
  void aVirtualEnvironmentIsLookedIntoWithoutStartingPython() throws Exception {
    Path started = folder.resolve("started");
    Path python = program("env/bin/python", "touch " + started);
    Files.createFile(folder.resolve("env/pyvenv.cfg"));
    Path lib = packageOf(folder.resolve("env/lib/python3.11/site-packages"), "cudnn");
    assertThat(packages(Map.of("RESIDUAL_PYTHON", python.toString())).libraryFolders())
        .containsExactly(lib);
    assertThat(started).doesNotExist();
  }

  @Test
  void anotherPythonIsAskedOnce() throws Exception {
    Path asked = folder.resolve("asked");
    Path cudnn = packageOf(folder.resolve("dist"), "cudnn");
    Path cuda = packageOf(folder.resolve("dist"), "cu13");
    Files.createDirectories(folder.resolve("dist/nvidia/headers/include"));
    Path python =
        program(
            "bin/python3", "echo x >>%s; echo; echo zip; echo %s/dist".formatted(asked, folder));
    PythonPackages packages = packages(Map.of("PATH", "relative::" + python.getParent()));
    assertThat(packages.libraryFolders()).containsExactly(cuda, cudnn);
    assertThat(packages.libraryFolders()).containsExactly(cuda, cudnn);
    assertThat(asked).hasContent("x");
  }

  @Test
  void aPythonThatHangsIsAsGoodAsNone() throws Exception {
    // What it started holds its output open for longer.
    Path python =
        program("bin/python3", "sleep 600 & echo $! >%s/pid; sleep 600".formatted(folder));
    PythonPackages packages =
        new PythonPackages(
            Map.of("RESIDUAL_PYTHON", python.toString())::get, Duration.ofMillis(500));
    try {
      assertThat(assertTimeoutPreemptively(Duration.ofSeconds(60), packages::libraryFolders))
          .isEmpty();
    } finally {
      String pid = Files.readString(folder.resolve("pid")).strip();
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void aPythonThatFailsOrIsMissingIsAsGoodAsNone() throws Exception {
    Path python = program("bin/python3", "echo 'no modules' >&2; exit 1");
    for (String chosen :
        List.of(python.toString(), folder.resolve("absent").toString(), "absent")) {
      assertThat(packages(Map.of("RESIDUAL_PYTHON", chosen)).libraryFolders()).isEmpty();
    }
    assertThat(packages(Map.of()).libraryFolders()).isEmpty();
    assertThat(packages(Map.of()).title()).contains("not on the PATH");
  }

  private static PythonPackages packages(Map<String, String> environment) {
    return new PythonPackages(environment::get, Duration.ofSeconds(60));
  }

  private Path program(String name, String script) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static Path packageOf(Path packages, String name) throws IOException {
    return Files.createDirectories(packages.resolve("nvidia").resolve(name).resolve("lib"));
  }
}
