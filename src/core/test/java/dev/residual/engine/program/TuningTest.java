package dev.residual.engine.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningTest {
  @TempDir private Path folder;

  private final Logger logger = Logger.getLogger(Tuning.LOGGER);
  private final List<String> lines = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          if (line.getLevel() == Level.INFO) {
            lines.add(new SimpleFormatter().formatMessage(line));
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  /** Memory of the host. */
  private static final class OwnMemory implements Memory {
    private final Arena arena = Arena.ofShared();

    @Override
    public MemorySegment slab(String purpose, long bytes) {
      return arena.allocate(bytes, 64);
    }

    @Override
    public long available() {
      return Long.MAX_VALUE;
    }

    @Override
    public RuntimeException shortage(String message) {
      return new IllegalStateException(message);
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    logger.removeHandler(handler);
  }

  private static Session session(String implementation) {
    Value src = Value.input("src", Shape.of(2));
    return Backends.reference()
        .compile(Graph.of(new Relu(src, Value.activation("dst", src.shape()))));
  }

  private void measure(Tuning tuning) {
    for (String operation : List.of("first", "second", "first", "third")) {
      assertThat(tuning.fastest(operation, List.of("a", "b"), TuningTest::session)).isIn("a", "b");
    }
  }

  @Test
  void longMeasurementsAreAnnouncedOnce() {
    Path file = folder.resolve("choices.txt");
    measure(new Tuning(new TuningFile(file), OwnMemory::new, 0, 0));
    assertThat(lines).singleElement().asString().contains("measured", "kept in " + file);
  }

  @Test
  void shortOnesAreNot() {
    measure(new Tuning(new TuningFile(folder.resolve("choices.txt")), OwnMemory::new, 0));
    assertThat(lines).isEmpty();
  }

  @Test
  void whatIsOnFileIsNotMeasured() {
    Path file = folder.resolve("choices.txt");
    measure(new Tuning(new TuningFile(file), OwnMemory::new, 0));
    measure(new Tuning(new TuningFile(file), OwnMemory::new, 0, -1));
    assertThat(lines).isEmpty();
  }
}
