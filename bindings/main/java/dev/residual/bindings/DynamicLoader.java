package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The loader of the operating system: {@code dlopen}, {@code dlsym} and {@code dlerror}.
 *
 * <p>{@link SymbolLookup#libraryLookup} would load as well, but it keeps the loader's reason to
 * itself. Libraries are never unloaded: the threads of an OpenMP runtime live in its code for as
 * long as the process does.
 */
class DynamicLoader {

  private static final int RTLD_NOW = 2;

  private final MethodHandle dlopen;
  private final MethodHandle dlsym;
  private final MethodHandle dlerror;

  /**
   * Binds the three functions.
   *
   * @throws IllegalCallerException if this module may not call native code
   * @throws java.util.NoSuchElementException if the operating system has no such functions
   */
  DynamicLoader() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup system = linker.defaultLookup();
    dlopen =
        linker.downcallHandle(
            system.findOrThrow("dlopen"), FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    dlsym =
        linker.downcallHandle(
            system.findOrThrow("dlsym"), FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    dlerror = linker.downcallHandle(system.findOrThrow("dlerror"), FunctionDescriptor.of(ADDRESS));
  }

  /**
   * Loads a library, with its names kept from other libraries, and all of its symbols bound now.
   *
   * @param name an absolute path, or a name that the system's loader looks for
   * @throws LoaderException with the loader's own words if it refuses
   */
  SymbolLookup open(String name) throws LoaderException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment library =
          (MemorySegment) dlopen.invokeExact(arena.allocateFrom(name), RTLD_NOW);
      if (library.address() == 0) {
        throw new LoaderException(lastError());
      }
      return symbol -> find(library, symbol);
    } catch (LoaderException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private Optional<MemorySegment> find(MemorySegment library, String symbol) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address =
          (MemorySegment) dlsym.invokeExact(library, arena.allocateFrom(symbol));
      return address.address() == 0 ? Optional.empty() : Optional.of(address);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private String lastError() throws Throwable {
    MemorySegment words = (MemorySegment) dlerror.invokeExact();
    return words.address() == 0
        ? "no reason given"
        : words.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** The loader's own words about a library that it refused. */
  static final class LoaderException extends Exception {
    private static final long serialVersionUID = 1L;

    LoaderException(String words) {
      super(words);
    }
  }
}
