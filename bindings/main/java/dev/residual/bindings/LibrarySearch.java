package dev.residual.bindings;

import dev.residual.bindings.DynamicLoader.LoaderException;
import dev.residual.bindings.NativeLibraryException.Attempt;
import dev.residual.bindings.NativeLibraryException.Reason;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What to look for when a native library is needed, and the looking.
 *
 * <p>The file or folder that the system property names comes first, and then no other place does,
 * for a choice is not silently replaced. Nothing is downloaded.
 *
 * @param title what it is called, such as {@code oneDNN}
 * @param property the system property by which a user chooses a file or folder; null if there is
 *     none
 * @param places where to look, in this order
 * @param fileNames its file names, the right one first; those after it may serve, or are tried to
 *     say what is wrong with them
 * @param siblings patterns of the names of files beside it that are to be loaded first, by their
 *     path, so that the library finds them, and there is one of each
 * @param versions those that serve
 * @param version asks a library for its version; may refuse the library by a {@link
 *     NativeLibraryException}
 * @param remedy what a user does who has no such library
 */
public record LibrarySearch(
    String title,
    @Nullable String property,
    List<LibraryPlace> places,
    List<String> fileNames,
    List<String> siblings,
    VersionRange versions,
    Function<NativeLibrary, LibraryVersion> version,
    String remedy) {

  public LibrarySearch {
    places = List.copyOf(places);
    fileNames = List.copyOf(fileNames);
    siblings = List.copyOf(siblings);
  }

  /**
   * Finds the library, loads it, and checks its version, whatever the caller's thread is.
   *
   * @throws NativeLibraryException if no place has it
   */
  public NativeLibrary load() {
    return LoadingThread.run(
        () ->
            load(
                Platform.current(),
                () -> {
                  DynamicLoader loader = new DynamicLoader();
                  LibraryEnvironment.set();
                  return loader;
                }));
  }

  NativeLibrary load(Platform platform, Supplier<DynamicLoader> loaders) {
    DynamicLoader loader;
    try {
      loader = loaders.get();
    } catch (IllegalCallerException e) {
      throw failure(platform, List.of(accessDenied(e)));
    } catch (NoSuchElementException e) {
      Attempt attempt =
          new Attempt(
              platform.toString(),
              Reason.OTHER_PLATFORM,
              "its loader has no dlopen",
              "run on Linux, or on Windows in its subsystem for Linux");
      throw failure(platform, List.of(attempt));
    }
    return new Run(platform, loader).load();
  }

  private NativeLibraryException failure(Platform platform, List<Attempt> attempts) {
    return new NativeLibraryException(
        title + " " + versions.first() + " or later for " + platform, attempts);
  }

  private static Attempt accessDenied(IllegalCallerException e) {
    Module module = LibrarySearch.class.getModule();
    String grantee = module.isNamed() ? module.getName() : "ALL-UNNAMED";
    return new Attempt(
        "this JVM",
        Reason.ACCESS_DENIED,
        String.valueOf(e.getMessage()),
        "allow it: java --enable-native-access=" + grantee);
  }

  /** One search, with what it has tried so far. */
  private final class Run {
    private final Platform platform;
    private final DynamicLoader loader;
    private final List<Attempt> attempts = new ArrayList<>();

    Run(Platform platform, DynamicLoader loader) {
      this.platform = platform;
      this.loader = loader;
    }

    NativeLibrary load() {
      String chosen = property == null ? null : System.getProperty(property);
      NativeLibrary library =
          chosen != null && !chosen.isBlank()
              ? chosen(Path.of(chosen).toAbsolutePath())
              : firstOf(places.stream().map(place -> () -> in(place)));
      if (library == null) {
        throw failure(platform, attempts);
      }
      return library;
    }

    private @Nullable NativeLibrary firstOf(Stream<Supplier<@Nullable NativeLibrary>> tries) {
      return tries.map(Supplier::get).filter(Objects::nonNull).findFirst().orElse(null);
    }

    private @Nullable NativeLibrary chosen(Path path) {
      List<Path> files = Files.isDirectory(path) ? files(List.of(path)) : List.of(path);
      if (files.isEmpty()) {
        files = List.of(path.resolve(fileNames.getFirst()));
      }
      return files("-D" + property, files);
    }

    private @Nullable NativeLibrary in(LibraryPlace place) {
      return switch (place) {
        case LibraryPlace.Carried carried -> carried(carried.name());
        case LibraryPlace.SystemLoader _ ->
            firstOf(
                fileNames.stream()
                    .map(name -> () -> attempt("the system's " + name, () -> open(name, name))));
        case LibraryPlace.Folders folders -> in(folders);
      };
    }

    private @Nullable NativeLibrary carried(String name) {
      for (Path cache : CacheFolders.candidates()) {
        NativeLibrary library =
            attempt(
                "carried by Residual, unpacked below " + cache,
                () -> open(new CarriedLibrary(name, platform).unpack(cache)));
        if (library != null || last(Reason.OTHER_PLATFORM)) {
          // None carried for this platform: another cache folder changes nothing.
          return library;
        }
      }
      return null;
    }

    private @Nullable NativeLibrary in(LibraryPlace.Folders place) {
      List<Path> folders = place.folders().get();
      List<Path> files = files(folders);
      if (files.isEmpty()) {
        String words =
            folders.isEmpty()
                ? "there are no folders of libraries"
                : "there is no "
                    + fileNames.getFirst()
                    + folders.stream()
                        .map(Path::toString)
                        .collect(Collectors.joining(", ", " in ", ""));
        attempts.add(new Attempt(place.title(), Reason.MISSING, words, remedy));
      }
      return files(place.title(), files);
    }

    /** The files of its names that there are in some folders. */
    private List<Path> files(List<Path> folders) {
      return folders.stream()
          .flatMap(folder -> fileNames.stream().map(folder::resolve))
          .filter(Files::exists)
          .toList();
    }

    private @Nullable NativeLibrary files(String title, List<Path> files) {
      return firstOf(
          files.stream()
              .map(file -> () -> attempt(title + ": " + file, () -> open(withSiblings(file)))));
    }

    /** What to do about a file that is no good. */
    private String another() {
      return property == null
          ? remedy
          : "name another one: java -D" + property + "=/path/to/the/library";
    }

    private boolean last(Reason reason) {
      return !attempts.isEmpty() && attempts.getLast().reason() == reason;
    }

    private @Nullable NativeLibrary attempt(String place, Place library) {
      try {
        return library.open();
      } catch (Refusal e) {
        attempts.add(e.at(place));
        return null;
      }
    }

    private List<Path> withSiblings(Path library) {
      Path folder = library.resolveSibling("");
      Stream<Path> before =
          siblings.stream()
              .flatMap(pattern -> PythonPackages.children(folder, pattern).stream())
              .filter(file -> !file.equals(library));
      return Stream.concat(before, Stream.of(library)).toList();
    }

    /** Opens files in their order; the last is the library. */
    private NativeLibrary open(List<Path> files) throws Refusal {
      for (Path file : files.subList(0, files.size() - 1)) {
        LibraryFile.check(file, platform, another());
        symbols(file.toString());
      }
      Path library = files.getLast();
      LibraryFile.check(library, platform, another());
      return open(library.toString(), library.toString());
    }

    private NativeLibrary open(String name, String location) throws Refusal {
      NativeLibrary library = new NativeLibrary(title, location, symbols(name));
      LibraryVersion found;
      try {
        found = version.apply(library);
      } catch (NativeLibraryException e) {
        Attempt refused = e.attempts().getFirst();
        String words =
            refused.reason() == Reason.SYMBOL_ABSENT
                ? refused.words() + ", so it is not " + title
                : refused.words();
        throw new Refusal(
            refused.reason(),
            words,
            refused.reason() == Reason.SYMBOL_ABSENT ? remedy : refused.remedy());
      }
      if (!versions.contains(found)) {
        Reason reason = found.compareTo(versions.first()) < 0 ? Reason.TOO_OLD : Reason.TOO_NEW;
        throw new Refusal(
            reason, "it is " + title + " " + found + ", and " + versions + " is needed", remedy);
      }
      return library;
    }

    private SymbolLookup symbols(String name) throws Refusal {
      try {
        return loader.open(name);
      } catch (LoaderException e) {
        throw refusal(name, String.valueOf(e.getMessage()));
      }
    }

    private Refusal refusal(String name, String words) {
      boolean unmapped = words.contains("failed to map segment");
      LoadLimits limits = LoadLimits.current();
      OptionalLong addresses = limits.addressSpace();
      if (words.contains("Cannot allocate memory")
          || (unmapped && addresses.isPresent() && !limits.isNoexec(Path.of(name)))) {
        return new Refusal(
            Reason.REFUSED,
            addresses.isPresent()
                ? "%s (this process is limited to %,d bytes of addresses)"
                    .formatted(words, addresses.getAsLong())
                : words,
            "let the process have more memory: ulimit -v unlimited");
      }
      if (unmapped || words.contains("Operation not permitted")) {
        return new Refusal(
            Reason.NOT_EXECUTABLE,
            words + " (the folder seems to be mounted noexec)",
            "name a folder that programs may be run from: java -Dresidual.cache=/path/to/folder");
      }
      boolean missing = !name.contains("/") && words.contains("cannot open shared object file");
      return new Refusal(missing ? Reason.MISSING : Reason.REFUSED, words, remedy);
    }
  }

  /** One place to load from. */
  private interface Place {
    NativeLibrary open() throws Refusal;
  }
}
