package dev.residual.bindings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where NVIDIA's libraries are installed: below the folders that environment variables name, where
 * the system's loader looks, in {@code /usr/local/cuda}, and among the packages of Python.
 */
public final class NvidiaPlaces {

  private static final Path TOOLKIT = Path.of("/usr/local/cuda");
  private static final PythonPackages PYTHON =
      new PythonPackages(System::getenv, Duration.ofSeconds(10));

  private NvidiaPlaces() {}

  /**
   * The places, in the order of the search.
   *
   * @param variables environment variables that name a folder in which the library is installed,
   *     the best first
   */
  public static List<LibraryPlace> of(String... variables) {
    return of(System::getenv, TOOLKIT, PYTHON, variables);
  }

  static List<LibraryPlace> of(
      Function<String, @Nullable String> environment,
      Path toolkit,
      PythonPackages python,
      String... variables) {
    List<LibraryPlace> places = new ArrayList<>();
    for (String variable : variables) {
      String home = environment.apply(variable);
      if (home != null && !home.isBlank()) {
        places.add(new LibraryPlace.Folders("$" + variable, () -> below(Path.of(home))));
      }
    }
    places.add(new LibraryPlace.SystemLoader());
    places.add(new LibraryPlace.Folders(toolkit.toString(), () -> below(toolkit)));
    places.add(new LibraryPlace.Folders(python.title(), python::libraryFolders));
    return places;
  }

  /**
   * The folders around a library that was found: its own and, where pip put it, those of the other
   * packages.
   */
  public static LibraryPlace beside(NativeLibrary library) {
    return new LibraryPlace.Folders(
        "the folders around " + library.location(),
        () -> {
          Path folder = Path.of(library.location()).getParent();
          Path packages = folder == null ? null : folder.resolve("../..").normalize();
          if (folder == null || packages == null || !packages.endsWith("nvidia")) {
            return Stream.ofNullable(folder).toList();
          }
          return Stream.concat(
                  Stream.of(folder),
                  PythonPackages.children(packages, "*").stream().map(p -> p.resolve("lib")))
              .distinct()
              .toList();
        });
  }

  private static List<Path> below(Path home) {
    String target =
        Platform.current().processor().equals("aarch64") ? "sbsa-linux" : "x86_64-linux";
    return Stream.of("lib64", "lib", "targets/" + target + "/lib").map(home::resolve).toList();
  }
}
