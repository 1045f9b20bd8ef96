package dev.residual;

import dev.residual.backend.onednn.OneDnnBackend;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.engine.Backend;

/** The backends of this library. */
public final class Backends {
  private Backends() {}

  /**
   * The processor, through oneDNN.
   *
   * @throws NativeLibraryException if oneDNN cannot be loaded; the message tells what was tried and
   *     what to do
   */
  public static Backend cpu() {
    return new OneDnnBackend();
  }

  /** Plain Java: slow, and the specification of every operation. */
  public static Backend reference() {
    return new ReferenceBackend();
  }

  /**
   * The backend of this name, as the command line takes it.
   *
   * @param name {@code cpu} or {@code reference}
   * @throws IllegalArgumentException if there is no such backend
   */
  public static Backend named(String name) {
    return switch (name) {
      case "cpu" -> cpu();
      case "reference" -> reference();
      default ->
          throw new IllegalArgumentException(
              "unknown backend " + name + "; there are cpu and reference");
    };
  }
}
