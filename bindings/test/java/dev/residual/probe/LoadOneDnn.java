package dev.residual.probe;

import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.bindings.onednn.PrimitiveExecute;

/** A program for tests that start a JVM: loads oneDNN and says what came of it. */
public final class LoadOneDnn {

  private LoadOneDnn() {}

  static void main(String[] arguments) {
    try {
      if (arguments.length > 0) {
        // Without asking for the library first.
        Dnnl.dnnl_set_verbose(0);
        PrimitiveExecute.execute(0, 0, 0, 0);
      }
      String module = String.valueOf(OneDnn.class.getModule().getName());
      System.out.println(
          "oneDNN "
              + OneDnn.version()
              + " in module "
              + module
              + " from "
              + OneDnn.library().location());
    } catch (NativeLibraryException e) {
      System.out.println(e.reason() + "\n" + e.getMessage());
    }
  }
}
