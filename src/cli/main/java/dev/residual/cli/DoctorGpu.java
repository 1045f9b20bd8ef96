package dev.residual.cli;

import dev.residual.CudaRuntime;
import dev.residual.cli.output.Text;
import java.io.PrintWriter;

/** What the doctor says of GPUs: one line where nothing of NVIDIA is installed. */
final class DoctorGpu {
  private DoctorGpu() {}

  static void print(PrintWriter out) {
    CudaRuntime runtime = CudaRuntime.look();
    Doctor.line(
        out,
        "cuda",
        runtime.missing().map(Text::line).orElse("%d usable".formatted(runtime.devices().size())));
    for (CudaRuntime.Device device : runtime.devices()) {
      Doctor.line(
          out,
          "GPU " + device.number(),
          "%s, compute capability %s, %s"
              .formatted(
                  device.name(), device.computeCapability(), Text.bytes(device.memoryBytes())));
    }
    boolean isDriverThere = runtime.libraries().getFirst().isUsable();
    for (CudaRuntime.Library library : runtime.libraries()) {
      if (library.isUsable()) {
        Doctor.line(out, library.name(), library.summary());
      } else if (isDriverThere) {
        Doctor.line(out, library.name(), "NOT USABLE");
        Doctor.report(out, library.report().orElse(""));
      }
    }
    CudaRuntime.Library nccl = runtime.nccl();
    if (nccl.isUsable() || isDriverThere) {
      String several = nccl.isUsable() ? "" : "needed for several GPUs alone: ";
      Doctor.line(out, nccl.name(), several + Text.line(nccl.summary()));
    }
  }
}
