package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the README shows is true: its programs run, and its commands exist. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND = Pattern.compile("^    residual (.+)$", Pattern.MULTILINE);

  @TempDir Path folder;

  private static String text() throws IOException {
    return Files.readString(Sources.project().resolve("README.md"));
  }

  @Test
  void everyProgramCompilesAndRuns() throws Exception {
    List<String> outputs = new ArrayList<>();
    Matcher programs = PROGRAM.matcher(text());
    while (programs.find()) {
      outputs.add(run(programs.group(1), "Example" + outputs.size()));
    }
    assertThat(outputs).containsExactly("Tensor[F32 1x64x112x112]", "Tensor[F32 1x1000]");
  }

  private String run(String source, String name) throws Exception {
    Sources sources = new Sources(folder);
    sources.compile(name, source);
    PrintStream screen = System.out;
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    try (URLClassLoader loader = sources.loader()) {
      Class<?> program = loader.loadClass(name);
      Constructor<?> constructor = program.getDeclaredConstructor();
      constructor.setAccessible(true);
      Method main = program.getDeclaredMethod("main");
      main.setAccessible(true);
      main.invoke(constructor.newInstance());
    } finally {
      System.setOut(screen);
    }
    return output.toString(StandardCharsets.UTF_8).strip();
  }

  @Test
  void everyCommandIsUnderstood() throws IOException {
    Matcher commands = COMMAND.matcher(text());
    int count = 0;
    while (commands.find()) {
      Console console = Console.system();
      CommandLine commandLine = new CommandLine(new ResidualCommand(), new CommandFactory(console));
      commandLine.parseArgs(commands.group(1).split(" +"));
      count++;
    }
    assertThat(count).isGreaterThan(5);
  }
}
