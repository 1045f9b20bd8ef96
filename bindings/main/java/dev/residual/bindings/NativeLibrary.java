package dev.residual.bindings;

import dev.residual.bindings.NativeLibraryException.Attempt;
import dev.residual.bindings.NativeLibraryException.Reason;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.function.Supplier;

/**
 * A native library that is loaded, with its symbols and those of the libraries it needs.
 *
 * <p>Lives as long as the process: it is never unloaded. Safe for use by several threads. Two class
 * loaders that load the same file share it.
 */
public final class NativeLibrary {

  private final String title;
  private final String location;
  private final SymbolLookup symbols;

  NativeLibrary(String title, String location, SymbolLookup symbols) {
    this.title = title;
    this.location = location;
    this.symbols = symbols;
  }

  /** The file it was loaded from, or the name under which the system's loader found it. */
  public String location() {
    return location;
  }

  /** Whether it or a library it needs has this symbol. */
  public boolean has(String symbol) {
    return symbols.find(symbol).isPresent();
  }

  /**
   * The address of a symbol.
   *
   * @throws NativeLibraryException if the library lacks it
   */
  public MemorySegment address(String symbol) {
    return symbols.find(symbol).orElseThrow(() -> absent(symbol));
  }

  /**
   * A handle that calls the function of this name.
   *
   * @throws NativeLibraryException if the library lacks it
   */
  public MethodHandle handle(
      String symbol, FunctionDescriptor descriptor, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(address(symbol), descriptor, options);
  }

  private NativeLibraryException absent(String symbol) {
    return new NativeLibraryException(
        title + " with the function " + symbol,
        List.of(
            new Attempt(
                location,
                Reason.SYMBOL_ABSENT,
                "it has no symbol " + symbol,
                "use a newer " + title + ", or the one that Residual carries")));
  }

  @Override
  public String toString() {
    return title + " at " + location;
  }

  /**
   * The address of a function of a library that may be missing: 0 where it or the function is, for
   * the static initialisers of generated code may not throw.
   */
  public static MemorySegment addressIn(Supplier<NativeLibrary> library, String function) {
    try {
      return library.get().address(function);
    } catch (NativeLibraryException e) {
      return MemorySegment.NULL;
    }
  }

  /**
   * A handle of a function of a library that may be missing: where it or the function is, one that
   * throws the report when it is called.
   */
  public static MethodHandle handleIn(
      Supplier<NativeLibrary> library, String function, FunctionDescriptor descriptor) {
    try {
      return library.get().handle(function, descriptor);
    } catch (NativeLibraryException e) {
      MethodType type = descriptor.toMethodType();
      MethodHandle thrower =
          MethodHandles.throwException(type.returnType(), NativeLibraryException.class).bindTo(e);
      return MethodHandles.dropArguments(thrower, 0, type.parameterArray());
    }
  }
}
