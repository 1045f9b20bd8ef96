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
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What to look for when a native library is needed, and the looking.
 *
 * <p>Places, in this order: the file or folder that the system property names, and then no other,
 * for a choice is not silently replaced; the library that Residual carries, unpacked below {@code
 * -Dresidual.cache}, {@code $XDG_CACHE_HOME/residual} or {@code ~/.cache/residual}, or the folder
 * for temporary files; what the system's loader finds by name. Nothing is downloaded.
 *
 * @param title what it is called, such as {@code oneDNN}
 * @param property the system property by which a user chooses a file or folder
 * @param carried the name under which Residual carries it, or null if it does not
 * @param fileNames its file names, the right one first; those after it are tried to say what is
 *     wrong with them
 * @param needed the version that is needed at least, of the same major version
 * @param version asks a library for its version
 * @param remedy what a user does who has no such library
 */
public record LibrarySearch(
    String title,
    String property,
    @Nullable String carried,
    List<String> fileNames,
    LibraryVersion needed,
    Function<NativeLibrary, LibraryVersion> version,
    String remedy) {

  /**
   * A shared library of the OpenMP runtime beside another library: to be loaded first, by its path,
   * so that there is one of it.
   */
  private static final String OPENMP = "libgomp.so.1";

  public LibrarySearch {
    fileNames = List.copyOf(fileNames);
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
                  SpinLimit.set();
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
    return new NativeLibraryException(title + " " + needed + " or later for " + platform, attempts);
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
      String chosen = System.getProperty(property);
      NativeLibrary library =
          chosen != null && !chosen.isBlank()
              ? chosen(Path.of(chosen).toAbsolutePath())
              : carriedOrInstalled();
      if (library == null) {
        throw failure(platform, attempts);
      }
      return library;
    }

    private @Nullable NativeLibrary chosen(Path path) {
      Path file = path;
      if (Files.isDirectory(path)) {
        file =
            fileNames.stream()
                .map(path::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElse(path.resolve(fileNames.getFirst()));
      }
      Path library = file;
      return attempt("-D" + property + ": " + library, () -> open(withOpenMp(library)));
    }

    private @Nullable NativeLibrary carriedOrInstalled() {
      if (carried != null) {
        for (Path cache : CacheFolders.candidates()) {
          NativeLibrary library =
              attempt(
                  "carried by Residual, unpacked below " + cache,
                  () -> open(new CarriedLibrary(carried, platform).unpack(cache)));
          if (library != null || last(Reason.OTHER_PLATFORM)) {
            // None carried for this platform: another cache folder changes nothing.
            if (library != null) {
              return library;
            }
            break;
          }
        }
      }
      for (String name : fileNames) {
        NativeLibrary library = attempt("the system's " + name, () -> open(name, name));
        if (library != null) {
          return library;
        }
      }
      return null;
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

    private List<Path> withOpenMp(Path library) {
      Path openMp = library.resolveSibling(OPENMP);
      return Files.exists(openMp) && !openMp.equals(library)
          ? List.of(openMp, library)
          : List.of(library);
    }

    /** Opens files in their order; the last is the library. */
    private NativeLibrary open(List<Path> files) throws Refusal {
      for (Path file : files.subList(0, files.size() - 1)) {
        LibraryFile.check(file, platform, property);
        symbols(file.toString());
      }
      Path library = files.getLast();
      LibraryFile.check(library, platform, property);
      return open(library.toString(), library.toString());
    }

    private NativeLibrary open(String name, String location) throws Refusal {
      NativeLibrary library = new NativeLibrary(title, location, symbols(name));
      LibraryVersion found;
      try {
        found = version.apply(library);
      } catch (NativeLibraryException e) {
        Attempt absent = e.attempts().getFirst();
        throw new Refusal(absent.reason(), absent.words() + ", so it is not " + title, remedy);
      }
      if (!found.serves(needed)) {
        throw new Refusal(
            Reason.TOO_OLD,
            "it is "
                + title
                + " "
                + found
                + ", and "
                + needed
                + " or a later "
                + needed.major()
                + ".x is needed",
            remedy);
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
