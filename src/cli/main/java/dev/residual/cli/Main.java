package dev.residual.cli;

/** The command line of Residual. */
public final class Main {

  private Main() {}

  static void main() {
    System.err.println("residual: no command is available yet");
    System.exit(2);
  }
}
