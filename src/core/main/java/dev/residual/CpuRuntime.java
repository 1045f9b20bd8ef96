package dev.residual;

import dev.residual.backend.onednn.OneDnnRuntime;
import dev.residual.bindings.NativeLibraryException;
import java.util.List;
import java.util.Optional;

/**
 * What the backend {@code cpu} runs on.
 *
 * @param library its name, {@code oneDNN}
 * @param version as the library reports it
 * @param location the file, or what the system's loader was asked for
 * @param instructions the newest instructions of this processor that the library uses, in words
 * @param bf16 whether the processor multiplies bf16, without which the backend refuses it
 * @param int8 whether the processor sums products of 8-bit integers (VNNI), without which the
 *     backend refuses them, and networks compute in floats instead
 * @param kernels where Residual's own kernels are, which are faster than the library between
 *     convolutions; empty if they are not used
 * @param choices the file of measured choices between kernels; empty if they are not kept
 * @param wrong the implementations that computed wrongly when they were tried on this machine, and
 *     on what: they are not used for it
 */
public record CpuRuntime(
    String library,
    String version,
    String location,
    String instructions,
    boolean bf16,
    boolean int8,
    Optional<String> kernels,
    Optional<String> choices,
    List<String> wrong) {

  /** Copies the list. */
  public CpuRuntime {
    wrong = List.copyOf(wrong);
  }

  /** Everything, of what computed wrongly the number. */
  @Override
  public String toString() {
    return ("CpuRuntime[library=%s, version=%s, location=%s, instructions=%s, bf16=%s, int8=%s,"
            + " kernels=%s, choices=%s, wrong=%d entries]")
        .formatted(
            library, version, location, instructions, bf16, int8, kernels, choices, wrong.size());
  }

  /**
   * Loads the library, if it is not yet, and looks at it.
   *
   * @throws NativeLibraryException if it cannot be loaded; the message tells what was tried and
   *     what to do
   */
  public static CpuRuntime load() {
    OneDnnRuntime runtime = OneDnnRuntime.load();
    return new CpuRuntime(
        "oneDNN",
        runtime.version(),
        runtime.location(),
        runtime.instructions(),
        runtime.bf16(),
        runtime.int8(),
        runtime.kernels(),
        runtime.choices(),
        runtime.wrong());
  }
}
