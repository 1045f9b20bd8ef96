package dev.residual.probe;

import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.onednn.Dnnl;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.bindings.onednn.PrimitiveExecute;

/**
 * A program for tests that start a JVM: loads oneDNN and says what came of it.
 *
 * <p>Its argument, if there is one: {@code direct} calls a function before it asks for the library,
 * {@code small} does it all on a thread with the least stack there is, {@code virtual} on a virtual
 * one.
 */
public final class LoadOneDnn {

  private LoadOneDnn() {}

  static void main(String[] arguments) throws InterruptedException {
    String how = arguments.length > 0 ? arguments[0] : "";
    Runnable load = () -> load(how.equals("direct"));
    switch (how) {
      case "small" -> join(new Thread(null, load, "small", 1));
      case "virtual" -> join(Thread.ofVirtual().unstarted(load));
      default -> load.run();
    }
  }

  private static void join(Thread thread) throws InterruptedException {
    thread.start();
    thread.join();
  }

  private static void load(boolean direct) {
    try {
      if (direct) {
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
