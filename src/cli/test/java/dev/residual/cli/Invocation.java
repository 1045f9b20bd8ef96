package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** The outcome of a command that ran in this process. */
record Invocation(int code, String out, String err) {

  static Invocation of(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    Console console = new Console(new PrintWriter(out), new PrintWriter(err), false);
    int code = Main.run(console, texts);
    return new Invocation(code, out.toString(), err.toString());
  }

  /** A command that succeeds. */
  static Invocation success(Object... arguments) {
    Invocation invocation = of(arguments);
    assertThat(invocation.code()).as(invocation.err()).isZero();
    return invocation;
  }

  /**
   * The last line on standard error of a command that fails, which has no stack trace before it.
   */
  static String failure(Object... arguments) {
    return lastLine(1, arguments);
  }

  /** The one line on standard error of a command that is used wrongly. */
  static String wrongUse(Object... arguments) {
    Invocation invocation = of(arguments);
    assertThat(invocation.err().lines()).as(invocation.err()).hasSize(1);
    return lastLine(2, arguments);
  }

  private static String lastLine(int code, Object... arguments) {
    Invocation invocation = of(arguments);
    assertThat(invocation.code()).as(invocation.err()).isEqualTo(code);
    assertThat(invocation.err()).doesNotContain("\tat ", "internal error");
    assertThat(invocation.out()).isEmpty();
    List<String> errors = invocation.err().lines().filter(l -> l.startsWith("residual")).toList();
    // Notes and progress may come before; the error is one line, and the last.
    assertThat(errors).as(invocation.err()).isNotEmpty();
    assertThat(invocation.err()).endsWith(errors.getLast() + System.lineSeparator());
    return errors.getLast();
  }
}
