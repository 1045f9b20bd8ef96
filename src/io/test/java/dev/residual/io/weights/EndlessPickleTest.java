package dev.residual.io.weights;

import static dev.residual.io.weights.Pickles.FLOAT;
import static dev.residual.io.weights.Pickles.ORDERED_DICT;
import static dev.residual.io.weights.Pickles.dict;
import static dev.residual.io.weights.Pickles.floats;
import static dev.residual.io.weights.Pickles.legacy;
import static dev.residual.io.weights.Pickles.number;
import static dev.residual.io.weights.Pickles.string;
import static dev.residual.io.weights.Pickles.vector;
import static dev.residual.io.weights.Pickles.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import com.sun.management.ThreadMXBean;
import dev.residual.io.weights.Pickles.Storage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Short pickles that describe endless things: each ends in time and memory that its length
 * explains, read or refused.
 */
class EndlessPickleTest {
  private static final Duration LONGEST = Duration.ofSeconds(20);

  /** Bytes allocated for one of the pickle, those soon free again included, and for any pickle. */
  private static final long MEMORY_EACH = 200;

  private static final long MEMORY = 64L << 20;
  private static final int MANY = 100_000;

  @TempDir Path folder;

  static Stream<Arguments> pickles() {
    String key = string("k");
    String pairs = "](" + ("](" + key + "Ne").repeat(MANY / 10) + "e" + "r" + number(4, 1);
    String tensor = vector(FLOAT, "0", 1) + "r" + number(4, 3);
    String get = "j" + number(4, 1);
    String orderedDict = "ccollections\nOrderedDict\n" + "r" + number(4, 2) + "0";
    String again = "j" + number(4, 2) + get + "\u0085R";
    return Stream.of(
        argumentSet("lists that double, as a name", doubling("](h%ch%ce") + "h\37h\37\u0093"),
        argumentSet("lists that double", "}" + key + doubling("](h%ch%ce") + "s"),
        argumentSet("tuples that double", "}" + key + doubling("h%ch%c\u0086") + "s"),
        argumentSet("tuples that double, as keys", "}" + doubling("h%ch%c\u0086") + "Ns"),
        argumentSet(
            "calls that double",
            "}" + key + doubling("ccollections\nOrderedDict\nh%ch%c\u0086R") + "s"),
        argumentSet("modules that double", doubledModules()),
        argumentSet(
            "OrderedDicts of one list",
            pairs + orderedDict + "]" + ("(" + again + "e").repeat(MANY)),
        argumentSet(
            "OrderedDicts of one list in a list",
            pairs + orderedDict + "](" + again.repeat(MANY) + "e"),
        argumentSet(
            "OrderedDicts of one list of a tensor",
            tensor
                + "0](]("
                + key
                + "j"
                + number(4, 3)
                + "ee"
                + "r"
                + number(4, 1)
                + orderedDict
                + "]("
                + again.repeat(MANY)
                + "e"),
        argumentSet("one key again and again", "}" + (key + "Ns").repeat(MANY)),
        argumentSet(
            "one long key", "}" + string("k".repeat(MANY)) + "q\0Ns" + "h\0Ns".repeat(MANY)),
        argumentSet(
            "long keys of one hash",
            "}"
                + string("k".repeat(1022) + "Aa")
                + "q\0Ns"
                + string("k".repeat(1022) + "BB")
                + "q\1Ns"
                + "h\0Nsh\1Ns".repeat(MANY)),
        argumentSet(
            "long integer again",
            "}\u008b" + number(4, MANY) + "\1".repeat(MANY) + "q\0Ns" + "h\0Ns".repeat(MANY)),
        argumentSet(
            "long names of globals",
            string("m".repeat(1000))
                + "q\0"
                + string("n".repeat(1000))
                + "q\1"
                + "]("
                + "h\0h\1\u0093".repeat(MANY)
                + "e"),
        argumentSet("deep lists", "}" + key + "](".repeat(MANY) + "e".repeat(MANY) + "s"),
        argumentSet("deep tuples", "}" + key + ")" + "\u0085".repeat(MANY) + "s"),
        argumentSet("deep dictionaries", ("}" + key).repeat(MANY) + "}" + "s".repeat(MANY)),
        argumentSet("deep states", ORDERED_DICT.repeat(1000) + "b".repeat(999)),
        argumentSet(
            "deep dictionaries around a tensor",
            ("}" + key).repeat(MANY) + "}" + key + tensor + "s" + "s".repeat(MANY)),
        argumentSet(
            "deep parameters",
            "}"
                + key
                + "ctorch._utils\n_rebuild_parameter\n".repeat(MANY / 10)
                + tensor
                + "\u0085R".repeat(MANY / 10)
                + "s"),
        argumentSet("deep modules", deepModules()),
        argumentSet("marks", "(".repeat(MANY * 10)),
        argumentSet("dictionaries", "(" + "}".repeat(MANY * 10)),
        argumentSet("copies", "N" + "2".repeat(MANY * 10)),
        argumentSet(
            "one tensor by many names",
            "}" + tensor + "0" + names(MANY, "j" + number(4, 3) + "s")));
  }

  /** Objects of two of those before, each under its own number. */
  private static String doubling(String two) {
    StringBuilder text = new StringBuilder(")q\0");
    for (char i = 0; i < 31; i++) {
      text.append("0").append(two.formatted(i, i)).append("q").append((char) (i + 1));
    }
    return text.toString();
  }

  private static String module(String modules) {
    return dict(
        "_parameters", dict("w", vector(FLOAT, "0", 1)), "_buffers", "}", "_modules", modules);
  }

  private static String doubledModules() {
    StringBuilder text = new StringBuilder("ca\nb\n)\u0081" + module("}") + "bq\0");
    for (char i = 0; i < 31; i++) {
      text.append("0ca\nb\n)\u0081")
          .append(module(dict("a", "h" + i, "b", "h" + i)))
          .append("bq")
          .append((char) (i + 1));
    }
    return text.toString();
  }

  private static String deepModules() {
    String start =
        "ca\nb\n)\u0081}"
            + string("_parameters")
            + dict("w", vector(FLOAT, "0", 1))
            + "s"
            + string("_modules")
            + "}"
            + string("abc");
    return start.repeat(3000) + "N" + "ssb".repeat(3000);
  }

  private static String names(int count, String then) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(string("name" + i)).append(then);
    }
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void endSoonInLittleMemory(String pickle) throws IOException {
    long most = MEMORY + MEMORY_EACH * pickle.length();
    assertEnds(zip(pickle, Map.of("0", floats(1))), most);
    assertEnds(legacy(pickle, Map.of("0", new Storage(1, floats(1)))), most);
  }

  private void assertEnds(byte[] content, long most) throws IOException {
    Path file = Files.write(folder.resolve("net.pth"), content);
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    long allocated =
        assertTimeoutPreemptively(
            LONGEST,
            () -> {
              long before = thread.getCurrentThreadAllocatedBytes();
              try {
                WeightFile.read(file);
              } catch (IOException e) {
                assertThat(e).hasMessageStartingWith(file + ": ");
                assertThat(e.getMessage()).hasSizeLessThan(700).doesNotContain("\n");
              }
              return thread.getCurrentThreadAllocatedBytes() - before;
            });

    assertThat(allocated).isLessThan(most);
  }
}
