package dev.residual;

import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A program for tests that start a JVM: the names of the best backends, asked for twice. */
public final class BackendsProbe {
  private BackendsProbe() {}

  /** Takes nothing. */
  public static void main(String[] arguments) {
    Logger logger = Logger.getLogger("dev.residual");
    logger.setLevel(Level.INFO);
    logger.addHandler(new ConsoleHandler());
    logger.setUseParentHandlers(false);
    System.out.println("best: " + Backends.best().name());
    System.out.println("best: " + Backends.best().name());
  }
}
