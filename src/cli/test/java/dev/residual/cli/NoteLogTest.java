package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class NoteLogTest {

  @Test
  void aLineOfTheLogIsANote() {
    StringWriter err = new StringWriter();
    PrintWriter out = new PrintWriter(new StringWriter());
    LogRecord line = new LogRecord(Level.INFO, "choices are kept in {0}");
    line.setParameters(new Object[] {"/cache"});
    new NoteLog(new Console(out, new PrintWriter(err), false)).publish(line);
    assertThat(err).hasToString("note: choices are kept in /cache" + System.lineSeparator());
  }
}
