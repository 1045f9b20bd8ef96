package dev.residual.bench.onednn;

import dev.residual.bench.ConvolutionTask;
import dev.residual.bench.Framework;
import dev.residual.bench.Job;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;

/** oneDNN's C functions through JavaCPP: images channels last, weights as the primitive wants. */
public final class OneDnnPrimitives implements Framework {

  /** The framework, for the service loader. */
  public OneDnnPrimitives() {}

  @Override
  public String description() {
    dnnl_version_t version = dnnl.dnnl_version();
    return "oneDNN %d.%d.%d through JavaCPP, single convolutions only"
        .formatted(version.major(), version.minor(), version.patch());
  }

  @Override
  public Job convolution(ConvolutionTask task) {
    setThreads(task.threads());
    return new PrimitiveJob(task);
  }

  /** By the OpenMP that is loaded already: JavaCPP has no class for it. */
  private static void setThreads(int threads) {
    SymbolLookup openMp = SymbolLookup.libraryLookup("libgomp.so.1", Arena.global());
    try {
      Linker.nativeLinker()
          .downcallHandle(
              openMp.find("omp_set_num_threads").orElseThrow(),
              FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
          .invokeExact(threads);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
