package dev.residual.bindings;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The packages of a Python, among which pip puts NVIDIA's libraries: {@code nvidia/NAME/lib} in a
 * folder of packages.
 *
 * <p>The Python is the one that {@code RESIDUAL_PYTHON} names, or the first on the {@code PATH}. In
 * a virtual environment the folder is known by its place; elsewhere Python is asked, once.
 */
final class PythonPackages {

  private final Function<String, @Nullable String> environment;
  private final Duration limit;
  private @Nullable List<Path> libraryFolders;

  /**
   * The packages of the Python that an environment gives.
   *
   * @param limit how long Python may take to answer
   */
  PythonPackages(Function<String, @Nullable String> environment, Duration limit) {
    this.environment = environment;
    this.limit = limit;
  }

  /** What a report calls it. */
  String title() {
    return python()
        .map(python -> "the packages of " + python)
        .orElse("the packages of python3, which is not on the PATH");
  }

  /** The program; empty if there is none. */
  Optional<Path> python() {
    String chosen = environment.apply("RESIDUAL_PYTHON");
    if (chosen != null && !chosen.isBlank()) {
      return chosen.contains("/") ? Optional.of(Path.of(chosen).toAbsolutePath()) : onPath(chosen);
    }
    return onPath("python3").or(() -> onPath("python"));
  }

  private Optional<Path> onPath(String name) {
    String path = environment.apply("PATH");
    return Stream.of((path == null ? "" : path).split(":"))
        .filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /** The folders of NVIDIA's libraries; none if there is no such Python or it does not answer. */
  synchronized List<Path> libraryFolders() {
    List<Path> known = libraryFolders;
    if (known == null) {
      known = python().map(this::libraryFolders).orElse(List.of());
      libraryFolders = known;
    }
    return known;
  }

  private List<Path> libraryFolders(Path python) {
    List<Path> known = nvidia(ofVirtualEnvironment(python));
    return known.isEmpty() ? nvidia(asked(python)) : known;
  }

  private static List<Path> nvidia(List<Path> packages) {
    List<Path> folders = new ArrayList<>();
    for (Path folder : packages) {
      for (Path library : children(folder.resolve("nvidia"), "*")) {
        if (Files.isDirectory(library.resolve("lib"))) {
          folders.add(library.resolve("lib"));
        }
      }
    }
    return folders;
  }

  /** The folder of packages of a virtual environment, which lies beside its programs. */
  private static List<Path> ofVirtualEnvironment(Path python) {
    Path programs = python.getParent();
    Path root = programs == null ? null : programs.getParent();
    if (root == null || !Files.exists(root.resolve("pyvenv.cfg"))) {
      return List.of();
    }
    return children(root.resolve("lib"), "python3*").stream()
        .map(version -> version.resolve("site-packages"))
        .toList();
  }

  private List<Path> asked(Path python) {
    Path answer = null;
    try {
      // A file, for a pipe would be held open by what Python may have started.
      answer = Files.createTempFile("residual-python", ".txt");
      Process process =
          new ProcessBuilder(python.toString(), "-c", "import sys; print('\\n'.join(sys.path))")
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectOutput(answer.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(limit)) {
        process.destroyForcibly();
        return List.of();
      }
      return Files.readAllLines(answer).stream()
          .filter(line -> line.startsWith("/"))
          .map(Path::of)
          .toList();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } finally {
      delete(answer);
    }
  }

  private static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // It lies in the folder for temporary files, which is emptied without us.
      return;
    }
  }

  /** The entries of a folder that match a pattern, by name; none where there is no such folder. */
  static List<Path> children(Path folder, String pattern) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
      entries.forEach(found::add);
    } catch (IOException e) {
      return List.of();
    }
    found.sort(null);
    return found;
  }
}
