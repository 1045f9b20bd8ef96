package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The snippets in the documentation of packages compile, each as the methods of a class that
 * imports all packages of the library; those without parameters run.
 */
class SnippetTest {
  private static final Pattern EXPORTS = Pattern.compile("exports (dev\\.residual[\\w.]*)");
  private static final String START = "{@snippet :\n";

  @TempDir Path folder;

  @Test
  void everySnippetCompilesAndRuns() throws Exception {
    Sources sources = new Sources(folder);
    String imports = imports();
    List<String> ran = new ArrayList<>();
    int count = 0;
    for (String snippet : snippets()) {
      String name = "Snippet" + count++;
      sources.compile(name, imports + "class " + name + " {\n" + snippet + "}\n");
      try (URLClassLoader loader = sources.loader()) {
        Class<?> compiled = loader.loadClass(name);
        Constructor<?> constructor = compiled.getDeclaredConstructor();
        constructor.setAccessible(true);
        for (Method method : compiled.getDeclaredMethods()) {
          if (method.getParameterCount() == 0 && !method.isSynthetic()) {
            method.setAccessible(true);
            method.invoke(constructor.newInstance());
            ran.add(method.getName());
          }
        }
      }
    }
    assertThat(count).isGreaterThan(5);
    assertThat(ran).contains("logits", "convolve");
  }

  private static List<String> snippets() throws IOException {
    List<String> snippets = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Sources.project().resolve("src"))) {
      List<Path> documents =
          files
              .filter(file -> file.endsWith("package-info.java"))
              .filter(file -> file.toString().contains("main"))
              .sorted()
              .toList();
      for (Path document : documents) {
        String text = Files.readString(document).replaceAll("(?m)^ \\* ?", "");
        for (int at = text.indexOf(START); at >= 0; at = text.indexOf(START, at)) {
          int from = at + START.length();
          at = end(text, from);
          snippets.add(text.substring(from, at));
        }
      }
    }
    return snippets;
  }

  /** Where the brace is that closes a snippet. */
  private static int end(String text, int from) {
    int open = 1;
    int at = from;
    while (open > 0) {
      char c = text.charAt(at++);
      open += c == '{' ? 1 : c == '}' ? -1 : 0;
    }
    return at - 1;
  }

  private static String imports() throws IOException {
    StringBuilder exports = new StringBuilder();
    for (String module : List.of("core", "io")) {
      exports.append(
          Files.readString(
              Sources.project().resolve("src/" + module + "/main/java/module-info.java")));
    }
    return EXPORTS
        .matcher(exports)
        .results()
        .map(export -> "import " + export.group(1) + ".*;\n")
        .collect(Collectors.joining("", "import module java.base;\n", ""));
  }
}
