package dev.residual.backend.onednn;

import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The oneDNN of this process, as far as it concerns its user.
 *
 * @param location the file, or what the system's loader was asked for
 * @param version as the library reports it
 * @param instructions the newest instructions of this processor that the library uses
 * @param bf16 whether the processor multiplies bf16
 * @param int8 whether the processor sums products of 8-bit integers
 * @param kernels where Residual's own kernels are, empty if they are not used
 * @param choices where measured choices of kernels are kept, empty if they are not
 * @param wrong the implementations that computed wrongly when they were tried, and on what
 */
public record OneDnnRuntime(
    String location,
    String version,
    String instructions,
    boolean bf16,
    boolean int8,
    Optional<String> kernels,
    Optional<String> choices,
    List<String> wrong) {

  /**
   * Looks at the library.
   *
   * @throws NativeLibraryException if it is missing, too old, or cannot be loaded
   */
  public static OneDnnRuntime load() {
    String location = OneDnn.library().location();
    return new OneDnnRuntime(
        location,
        OneDnn.version().toString(),
        instructions(Dnnl.dnnl_get_effective_cpu_isa()),
        hasBf16(),
        hasVnni(),
        KernelLibrary.isAvailable()
            ? Optional.of(KernelLibrary.library().location())
            : Optional.empty(),
        Choices.tuning().location(),
        Choices.tuning().wrong());
  }

  /**
   * Whether this processor multiplies bf16 (AVX512_BF16 or AMX); oneDNN emulates it elsewhere, at a
   * fraction of the speed of F32.
   */
  static boolean hasBf16() {
    return has(Dnnl.dnnl_get_effective_cpu_isa(), Dnnl.dnnl_cpu_isa_avx512_core_bf16());
  }

  /**
   * Whether products of 8-bit integers are summed without an overflow in between: AVX-512 with
   * VNNI, or AVX2 with VNNI. The numbers of instruction sets are sums of bits.
   */
  static boolean hasVnni() {
    int isa = Dnnl.dnnl_get_effective_cpu_isa();
    return has(isa, Dnnl.dnnl_cpu_isa_avx512_core_vnni())
        || has(isa, Dnnl.dnnl_cpu_isa_avx2_vnni());
  }

  private static boolean has(int isa, int set) {
    return (isa & set) == set;
  }

  static String instructions(int isa) {
    Map<Integer, String> names = new LinkedHashMap<>();
    names.put(Dnnl.dnnl_cpu_isa_default(), "generic");
    names.put(Dnnl.dnnl_cpu_isa_sse41(), "SSE 4.1");
    names.put(Dnnl.dnnl_cpu_isa_avx(), "AVX");
    names.put(Dnnl.dnnl_cpu_isa_avx2(), "AVX2");
    names.put(Dnnl.dnnl_cpu_isa_avx2_vnni(), "AVX2 with VNNI");
    names.put(Dnnl.dnnl_cpu_isa_avx2_vnni_2(), "AVX2 with VNNI, bf16 and f16 conversion");
    names.put(Dnnl.dnnl_cpu_isa_avx512_core(), "AVX-512");
    names.put(Dnnl.dnnl_cpu_isa_avx512_core_vnni(), "AVX-512 with VNNI");
    names.put(Dnnl.dnnl_cpu_isa_avx512_core_bf16(), "AVX-512 with VNNI and bf16");
    names.put(Dnnl.dnnl_cpu_isa_avx512_core_fp16(), "AVX-512 with VNNI, bf16 and f16");
    names.put(Dnnl.dnnl_cpu_isa_avx512_core_amx(), "AVX-512 with AMX (bf16, int8)");
    names.put(Dnnl.dnnl_cpu_isa_avx512_core_amx_fp16(), "AVX-512 with AMX (bf16, f16, int8)");
    return names.getOrDefault(isa, "oneDNN's instruction set 0x" + Integer.toHexString(isa));
  }
}
